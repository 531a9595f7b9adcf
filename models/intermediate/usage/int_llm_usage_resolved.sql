with usage as (

    select
        *,
        lower(coalesce(provider_name, 'unattributed')) as reported_provider,
        {{ catalogue_name('coalesce(response_model, request_model)') }} as reported_model
    from {{ ref('int_llm_usage_current') }}

),

names as (

    select * from {{ ref('int_llm_names_resolved') }}

),

providers as (

    select * from {{ ref('stg_pricing__llm_provider_aliases') }}

),

resolved as (

    select
        usage.usage_key,
        {{ prefixed('usage', usage_history_columns()) | join(',\n        ') }},
        usage.first_loaded_at,
        usage.is_deleted_upstream,
        coalesce(names.provider_id, providers.provider_id, usage.reported_provider) as provider_id,
        coalesce(names.model_id, usage.reported_model, 'unattributed') as model_id,
        {{ list_book('usage.source_instance') }} as price_book,
        {{ week_minute('usage.usage_at') }} as week_minute
    from usage
    left join names
        on
            usage.reported_provider = names.provider_name
            and usage.reported_model = names.model_name
            and usage.usage_at >= names.valid_from
            and usage.usage_at < names.valid_to
    left join providers
        on usage.reported_provider = providers.provider_name

)

select * from resolved
