{{ config(**restated_by(
    'reporting_date', parent='llm_prices_used', parent_requests='sum(requests)',
    cost_centers=true
)) }}
{{ built_after(['llm_prices_used']) }}

{% set grain = ['reporting_date', 'workspace_id', 'user_id', 'llm_id', 'credential_owner'] %}

with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}
    where {{ is_restated('reporting_date') }}

),

cost_centers as (

    select * from {{ ref('int_cost_centers_dated') }}

),

summed as (

    select
        {{ grain | join(',\n        ') }},
        {{ sum_additive(count_columns() + token_columns() + cost_columns()) }},
        max(restated_at) as restated_at
    from usage_daily
    group by {{ grain | join(', ') }}

),

final as (

    select
        {{ stable_key(prefixed('summed', grain)) }} as llm_costs_daily_key,
        {{ prefixed('summed', grain) | join(',\n        ') }},
        {{ cost_center_columns('cost_centers') }},
        summed.requests,
        summed.error_requests,
        summed.input_tokens,
        summed.output_tokens,
        summed.total_tokens,
        summed.priced_components_cost,
        summed.list_cost,
        summed.billable_list_cost,
        summed.error_list_cost,
        summed.reported_cost,
        summed.non_usd_reported_requests,
        {{ ratio('summed.latency_ms_sum', 'summed.latency_ms_count') }} as mean_latency_ms,
        summed.unpriced_requests,
        summed.unpriced_tokens,
        summed.unpriced_requests = 0 as is_complete,
        summed.restated_at
    from summed
    left join cost_centers
        on
            summed.workspace_id = cost_centers.workspace_id
            and summed.reporting_date >= cost_centers.valid_from
            and summed.reporting_date < cost_centers.valid_to

)

select * from final
