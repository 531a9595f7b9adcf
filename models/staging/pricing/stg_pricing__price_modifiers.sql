with source as (

    select * from {{ ref('price_modifiers') }}

),

renamed as (

    select
        price_book,
        provider_id,
        model_id,
        dimension,
        dimension_value,
        factor,
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        source,
        source_ref,
        checked_on,
        confidence
    from source

)

select * from renamed
