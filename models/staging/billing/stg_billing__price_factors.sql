with source as (

    select * from {{ ref('price_factors') }}

),

renamed as (

    select
        {{ blank_to_null('price_book') }} as price_book,
        coalesce({{ blank_to_null('provider_id') }}, '*') as provider_id,
        coalesce({{ blank_to_null('model_id') }}, '*') as model_id,
        factor,
        valid_from,
        coalesce(valid_to, cast({{ end_of_time() }} as date)) as valid_to,
        source_ref
    from source

)

select * from renamed
