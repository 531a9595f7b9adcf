create table user_monthly_usage as
with summed as (
    select
        month_of(reporting_date) as usage_month,
        workspace_id,
        user_id,
        cast(sum(requests) as bigint) as requests,
        cast(sum(error_requests) as bigint) as error_requests,
        count(distinct reporting_date) as active_days,
        count(distinct llm_id) as distinct_llms,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(cache_read_input_tokens) as bigint) as cache_read_input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(total_tokens) as bigint) as total_tokens,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        sum(billable_list_cost) as billable_list_cost,
        sum(reported_cost) as reported_cost,
        cast(sum(non_usd_reported_requests) as bigint) as non_usd_reported_requests,
        cast(sum(unpriced_requests) as bigint) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from fct_llm_usage_daily
    group by all
)
select
    md5(concat_ws('|', s.usage_month, key_part(s.workspace_id), key_part(s.user_id)))
        as user_monthly_usage_key,
    s.*,
    coalesce(c.cost_center, 'unassigned') as cost_center,
    coalesce(c.workspace_environment, 'unassigned') as workspace_environment,
    s.unpriced_requests = 0 as is_complete
from summed as s
left join given_cost_centers as c
    on
        s.workspace_id = c.workspace_id
        and s.usage_month >= c.valid_from and s.usage_month < c.valid_to;

create table workspace_monthly_usage as
with summed as (
    select
        month_of(reporting_date) as usage_month,
        workspace_id,
        cast(sum(requests) as bigint) as requests,
        cast(sum(error_requests) as bigint) as error_requests,
        count(distinct reporting_date) as active_days,
        count(distinct user_id) filter (where user_id <> 'unattributed') as active_users,
        count(distinct llm_id) as distinct_llms,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(cache_read_input_tokens) as bigint) as cache_read_input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(total_tokens) as bigint) as total_tokens,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        sum(billable_list_cost) as billable_list_cost,
        sum(reported_cost) as reported_cost,
        cast(sum(non_usd_reported_requests) as bigint) as non_usd_reported_requests,
        cast(sum(unpriced_requests) as bigint) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from fct_llm_usage_daily
    group by all
)
select
    md5(concat_ws('|', s.usage_month, key_part(s.workspace_id))) as workspace_monthly_usage_key,
    s.*,
    coalesce(c.cost_center, 'unassigned') as cost_center,
    coalesce(c.workspace_environment, 'unassigned') as workspace_environment,
    s.unpriced_requests = 0 as is_complete
from summed as s
left join given_cost_centers as c
    on
        s.workspace_id = c.workspace_id
        and s.usage_month >= c.valid_from and s.usage_month < c.valid_to;
