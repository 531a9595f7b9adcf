with source as (

    select * from {{ ref('llm_deployments') }}

),

renamed as (

    select
        lower(trim(provider_name)) as provider_name,
        {{ catalogue_name('trim(deployment_name)') }} as model_name,
        lower(trim(provider_id)) as provider_id,
        trim(model_id) as model_id,
        coalesce(valid_from, {{ start_of_time() }}) as valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to
    from source

)

select * from renamed
