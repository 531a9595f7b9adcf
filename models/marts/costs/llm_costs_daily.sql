{% set grain = ['reporting_date', 'workspace_id', 'user_id', 'llm_id', 'credential_owner'] %}

with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}

),

summed as (

    select
        {{ grain | join(',\n        ') }},
        {{ sum_additive(count_columns() + token_columns() + cost_columns()) }}
    from usage_daily
    group by {{ grain | join(', ') }}

),

final as (

    select
        {{ stable_key(grain) }} as llm_costs_daily_key,
        {{ grain | join(',\n        ') }},
        requests,
        error_requests,
        input_tokens,
        output_tokens,
        total_tokens,
        priced_components_cost,
        list_cost,
        billable_list_cost,
        reported_cost,
        non_usd_reported_requests,
        {{ ratio('latency_ms_sum', 'latency_ms_count') }} as mean_latency_ms,
        unpriced_requests,
        unpriced_tokens,
        unpriced_requests = 0 as is_complete
    from summed

)

select * from final
