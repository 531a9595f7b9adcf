{{ config(**restated_by(
    'usage_date', parent='fct_llm_usage', parent_requests=none, own_requests=none
)) }}

{% set grain = [
    'usage_date', 'reporting_date', 'price_book', 'price_sheet_key', 'provider_name',
    'reported_model', 'provider_id', 'model_id', 'service_tier', 'region',
] %}

with usage as (

    select
        *,
        coalesce(response_model, request_model) as reported_model,
        coalesce(started_at, ended_at) as usage_at
    from {{ ref('fct_llm_usage') }}
    where {{ is_restated('usage_date') }}

),

used as (

    select
        {{ grain | join(',\n        ') }},
        min(usage_at) as first_usage_at,
        max(usage_at) as last_usage_at,
        count(*) as requests,
        max(restated_at) as restated_at
    from usage
    group by {{ grain | join(', ') }}

),

final as (

    select
        {{ stable_key(grain) }} as llm_prices_used_key,
        {{ grain | join(',\n        ') }},
        first_usage_at,
        last_usage_at,
        requests,
        restated_at
    from used

)

select * from final
