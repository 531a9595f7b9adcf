with providers as (

    select * from {{ ref('stg_pricing__llm_provider_aliases') }}

),

models as (

    select * from {{ ref('stg_pricing__llm_model_aliases') }}

),

resolved as (

    select
        providers.provider_name,
        models.model_name,
        providers.provider_id,
        models.model_id,
        models.valid_from,
        models.valid_to
    from providers
    inner join models on providers.provider_id = models.provider_id

)

select * from resolved
