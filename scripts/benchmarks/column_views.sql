-- The two views of the plan with the columns of our marts: what a refresh of the same content takes.
create schema columns;

create materialized view columns.user_monthly_usage as
select
    cast(date_trunc('month', reporting_date) as date) as usage_month,
    workspace_id,
    user_id,
    count(*) as requests,
    count(*) filter (where status = 'error') as error_requests,
    count(distinct reporting_date) as active_days,
    count(distinct llm_id) as distinct_llms,
    cast(sum(input_tokens) as bigint) as input_tokens,
    cast(sum(cache_read_input_tokens) as bigint) as cache_read_input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(sum(total_tokens) as bigint) as total_tokens,
    sum(priced_components_cost) as priced_components_cost,
    sum(list_cost) as list_cost,
    sum(billable_list_cost) as billable_list_cost,
    sum(reported_cost) filter (where reported_currency = 'USD') as reported_cost,
    count(*) filter (where list_cost is null) as unpriced_requests,
    cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
from marts.fct_llm_usage
group by 1, 2, 3;

create materialized view columns.llm_efficiency_stats as
with summed as (
    select
        cast(date_trunc('month', reporting_date) as date) as usage_month,
        llm_id,
        case when grouping(workspace_id) = 1 then 'all_workspaces' else workspace_id end
            as workspace_id,
        count(*) as requests,
        count(*) filter (where status = 'error') as error_requests,
        percentile_cont(array[0.5, 0.95]) within group (order by latency_ms) as latency,
        percentile_cont(array[0.5, 0.95]) within group (order by time_to_first_token_ms)
            as first_token,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(total_tokens) as bigint) as total_tokens,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        count(*) filter (where list_cost is null) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from marts.fct_llm_usage
    group by grouping sets (
        (cast(date_trunc('month', reporting_date) as date), llm_id, workspace_id),
        (cast(date_trunc('month', reporting_date) as date), llm_id)
    )
)

select
    usage_month,
    llm_id,
    workspace_id,
    requests,
    error_requests,
    cast(latency[1] as decimal(28, 6)) as latency_p50_ms,
    cast(latency[2] as decimal(28, 6)) as latency_p95_ms,
    cast(first_token[1] as decimal(28, 6)) as time_to_first_token_p50_ms,
    cast(first_token[2] as decimal(28, 6)) as time_to_first_token_p95_ms,
    input_tokens,
    output_tokens,
    total_tokens,
    priced_components_cost,
    list_cost,
    unpriced_requests,
    unpriced_tokens
from summed;
