with source as (

    select * from {{ ref('llm_model_aliases') }}

),

renamed as (

    select
        provider_id,
        lower(trim(model_name)) as model_name,
        model_id,
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        source,
        source_ref
    from source

)

select * from renamed
