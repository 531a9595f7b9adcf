with source as (

    select * from {{ ref('llm_models') }}

),

renamed as (

    select
        provider_id || '/' || model_id as llm_id,
        provider_id,
        model_id,
        model_name,
        context_window_tokens,
        is_deprecated,
        is_free,
        source
    from source

)

select * from renamed
