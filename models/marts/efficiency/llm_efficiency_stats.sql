with usage as (

    select
        *,
        {{ month_of('reporting_date') }} as usage_month
    from {{ ref('fct_llm_usage') }}

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
        {{ percentile('latency_ms', 0.5) }} as latency_p50_ms,
        {{ percentile('latency_ms', 0.95) }} as latency_p95_ms,
        {{ percentile('time_to_first_token_ms', 0.5) }} as time_to_first_token_p50_ms,
        {{ percentile('time_to_first_token_ms', 0.95) }} as time_to_first_token_p95_ms,
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
        ]) }}
    from measured
    group by grouping sets ((usage_month, llm_id, workspace_id), (usage_month, llm_id)) -- noqa: PRS

),

final as (

    select
        {{ stable_key(['usage_month', 'llm_id', 'workspace_id', 'is_all_workspaces']) }}
            as llm_efficiency_stats_key,
        usage_month,
        llm_id,
        workspace_id,
        is_all_workspaces,
        requests,
        error_requests,
        {{ ratio('error_requests', 'requests') }} as error_rate,
        latency_p50_ms,
        latency_p95_ms,
        time_to_first_token_p50_ms,
        time_to_first_token_p95_ms,
        {{ ratio('timed_output_tokens * 1000', 'timed_latency_ms') }} as output_tokens_per_second,
        input_tokens,
        output_tokens,
        total_tokens,
        {{ ratio('cache_read_input_tokens', 'input_tokens') }} as cache_read_share,
        priced_components_cost,
        list_cost,
        {{ ratio(if_complete('list_cost'), 'requests') }} as list_cost_per_request,
        unpriced_requests,
        unpriced_tokens,
        unpriced_requests = 0 as is_complete
    from summed

)

select * from final
