with source as (

    select * from {{ ref('llm_price_components') }}

),

renamed as (

    select
        component,
        kind,
        unit,
        per,
        parent_component,
        min_usd_per_unit,
        max_usd_per_unit,
        min_share_of_input,
        max_share_of_input,
        description
    from source

)

select * from renamed
