with source as (

    select * from {{ ref('price_agreements') }}

),

renamed as (

    select
        {{ blank_to_null('price_book') }} as price_book,
        {{ price_book_kind('price_book') }} as price_book_kind,
        case
            when {{ blank_to_null('workspace_id') }} is not null then 'workspace'
            when {{ blank_to_null('tenant_id') }} is not null then 'tenant'
            else 'plan'
        end as holder_type,
        coalesce(
            {{ blank_to_null('workspace_id') }},
            {{ blank_to_null('tenant_id') }},
            lower({{ blank_to_null('plan') }})
        ) as holder_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        lower({{ blank_to_null('plan') }}) as plan,
        valid_from,
        coalesce(valid_to, cast({{ end_of_time() }} as date)) as valid_to,
        upper(coalesce({{ blank_to_null('billing_currency') }}, 'USD')) as billing_currency,
        source_ref
    from source

)

select * from renamed
