{{ config(**restated_by(
    'usage_month', parent='llm_prices_used', parent_key=month_of('reporting_date'),
    parent_requests='sum(requests)',
    own_requests='sum(case when is_all_workspaces then requests end)', cost_centers=true,
    one_month_at_a_time=true
)) }}
{{ built_after(['llm_prices_used']) }}

{% set grain = ['usage_month', 'llm_id', 'workspace_id', 'is_all_workspaces'] %}
{% set fractions = [0.5, 0.95] %}

with usage as (

    select
        *,
        {{ month_of('reporting_date') }} as usage_month
    from {{ ref('fct_llm_usage') }}
    where {{ is_of_restated_months() }}

),

cost_centers as (

    select * from {{ ref('int_cost_centers_dated') }}

),

-- Tokens per second are meaningful only where both an output and its duration are known.
measured as (

    select
        *,
        case when latency_ms > 0 and output_tokens > 0 then output_tokens end
            as timed_output_tokens,
        case when latency_ms > 0 and output_tokens > 0 then latency_ms end as timed_latency_ms
    from usage

),

-- Exact percentiles do not add up, so the row for all workspaces is computed from attempts too.
summed as (

    select
        usage_month,
        llm_id,
        case when grouping(workspace_id) = 1 then 'all_workspaces' else workspace_id end
            as workspace_id,
        grouping(workspace_id) = 1 as is_all_workspaces,
        count(*) as requests,
        count(*) filter (where status = 'error') as error_requests,
        {{ percentile('latency_ms', 0.5, fractions) }} as latency_p50_ms,
        {{ percentile('latency_ms', 0.95, fractions) }} as latency_p95_ms,
        {{ percentile('time_to_first_token_ms', 0.5, fractions) }} as time_to_first_token_p50_ms,
        {{ percentile('time_to_first_token_ms', 0.95, fractions) }} as time_to_first_token_p95_ms,
        sum(timed_output_tokens) as timed_output_tokens,
        sum(timed_latency_ms) as timed_latency_ms,
        count(*) filter (where list_cost is null) as unpriced_requests,
        {{ sum_additive([
            'input_tokens',
            'cache_read_input_tokens',
            'output_tokens',
            'total_tokens',
            'unpriced_tokens',
            'priced_components_cost',
            'list_cost',
        ]) }},
        max(restated_at) as restated_at
    from measured
    group by grouping sets ((usage_month, llm_id, workspace_id), (usage_month, llm_id)) -- noqa: PRS

),

final as (

    select
        {{ stable_key(prefixed('summed', grain)) }} as llm_efficiency_stats_key,
        {{ prefixed('summed', grain) | join(',\n        ') }},
        {{ cost_center_columns('cost_centers', 'not summed.is_all_workspaces') }},
        summed.requests,
        summed.error_requests,
        {{ ratio('summed.error_requests', 'summed.requests') }} as error_rate,
        summed.latency_p50_ms,
        summed.latency_p95_ms,
        summed.time_to_first_token_p50_ms,
        summed.time_to_first_token_p95_ms,
        {{ ratio('summed.timed_output_tokens * 1000', 'summed.timed_latency_ms') }}
            as output_tokens_per_second,
        summed.input_tokens,
        summed.output_tokens,
        summed.total_tokens,
        {{ ratio('summed.cache_read_input_tokens', 'summed.input_tokens') }} as cache_read_share,
        summed.priced_components_cost,
        summed.list_cost,
        {{ ratio(if_complete('summed.list_cost'), 'summed.requests') }} as list_cost_per_request,
        summed.unpriced_requests,
        summed.unpriced_tokens,
        summed.unpriced_requests = 0 as is_complete,
        summed.restated_at
    from summed
    left join cost_centers
        on
            summed.workspace_id = cost_centers.workspace_id
            and not summed.is_all_workspaces
            and summed.usage_month >= cost_centers.valid_from
            and summed.usage_month < cost_centers.valid_to

)

select * from final
