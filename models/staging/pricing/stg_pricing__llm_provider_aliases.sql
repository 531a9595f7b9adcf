with source as (

    select * from {{ ref('llm_provider_aliases') }}

),

renamed as (

    select
        lower(trim(provider_name)) as provider_name,
        provider_id
    from source

)

select * from renamed
