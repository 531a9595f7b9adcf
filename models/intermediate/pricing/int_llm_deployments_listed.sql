with deployments as (

    select * from {{ ref('stg_pricing__llm_deployments') }}

),

llms as (

    select * from {{ ref('stg_pricing__llm_models') }}

),

-- A data test names a deployment of a model that nobody knows, and stops the build.
listed as (

    select deployments.*
    from deployments
    inner join llms
        on
            deployments.provider_id = llms.provider_id
            and deployments.model_id = llms.model_id

)

select * from listed
