create table llm_efficiency_stats as
with summed as (
    select
        month_of(reporting_date) as usage_month,
        llm_id,
        if(grouping(workspace_id) = 1, 'all_workspaces', workspace_id) as workspace_id,
        grouping(workspace_id) = 1 as is_all_workspaces,
        count(*) as requests,
        count(*) filter (where status = 'error') as error_requests,
        p50(latency_ms) as latency_p50_ms,
        p95(latency_ms) as latency_p95_ms,
        p50(time_to_first_token_ms) as time_to_first_token_p50_ms,
        p95(time_to_first_token_ms) as time_to_first_token_p95_ms,
        ratio(
            sum(output_tokens) filter (where latency_ms > 0 and output_tokens > 0) * 1000,
            sum(latency_ms) filter (where latency_ms > 0 and output_tokens > 0)
        ) as output_tokens_per_second,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(cache_read_input_tokens) as bigint) as cache_read_input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(total_tokens) as bigint) as total_tokens,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        count(*) filter (where list_cost is null) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from fct_llm_usage
    group by grouping sets (
        (month_of(reporting_date), llm_id, workspace_id), (month_of(reporting_date), llm_id)
    )
)
select
    md5(concat_ws('|',
        s.usage_month, key_part(s.llm_id), key_part(s.workspace_id), s.is_all_workspaces
    )) as llm_efficiency_stats_key,
    s.* exclude (cache_read_input_tokens),
    if(not s.is_all_workspaces, coalesce(c.cost_center, 'unassigned'), null) as cost_center,
    if(not s.is_all_workspaces, coalesce(c.workspace_environment, 'unassigned'), null)
        as workspace_environment,
    ratio(s.error_requests, s.requests) as error_rate,
    ratio(s.cache_read_input_tokens, s.input_tokens) as cache_read_share,
    ratio(if(s.unpriced_requests = 0, s.list_cost, null), s.requests) as list_cost_per_request,
    s.unpriced_requests = 0 as is_complete
from summed as s
left join given_cost_centers as c
    on
        s.workspace_id = c.workspace_id and not s.is_all_workspaces
        and s.usage_month >= c.valid_from and s.usage_month < c.valid_to;
