with models as (

    select * from {{ ref('stg_pricing__llm_models') }}

),

listed as (

    select
        {{ llm_id('provider_id', 'model_id') }} as llm_id,
        provider_id,
        model_id,
        model_name,
        context_window_tokens
    from models

)

select * from listed
