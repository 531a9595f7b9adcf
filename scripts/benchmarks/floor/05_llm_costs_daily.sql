create table llm_costs_daily as
with summed as (
    select
        reporting_date,
        workspace_id,
        user_id,
        llm_id,
        credential_owner,
        cast(sum(requests) as bigint) as requests,
        cast(sum(error_requests) as bigint) as error_requests,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(total_tokens) as bigint) as total_tokens,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        sum(billable_list_cost) as billable_list_cost,
        sum(error_list_cost) as error_list_cost,
        sum(reported_cost) as reported_cost,
        cast(sum(non_usd_reported_requests) as bigint) as non_usd_reported_requests,
        ratio(sum(latency_ms_sum), sum(latency_ms_count)) as mean_latency_ms,
        cast(sum(unpriced_requests) as bigint) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from fct_llm_usage_daily
    group by all
)
select
    md5(concat_ws('|',
        s.reporting_date, key_part(s.workspace_id), key_part(s.user_id), key_part(s.llm_id),
        s.credential_owner
    )) as llm_costs_daily_key,
    s.*,
    coalesce(c.cost_center, 'unassigned') as cost_center,
    coalesce(c.workspace_environment, 'unassigned') as workspace_environment,
    s.unpriced_requests = 0 as is_complete
from summed as s
left join given_cost_centers as c
    on
        s.workspace_id = c.workspace_id
        and s.reporting_date >= c.valid_from and s.reporting_date < c.valid_to;
