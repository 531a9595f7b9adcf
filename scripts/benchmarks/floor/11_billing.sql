create table fct_reported_costs as
select
    usage_key,
    source_system,
    source_instance,
    event_id,
    attempt_number,
    month_of(reporting_date) as usage_month,
    reporting_date,
    workspace_id,
    user_id,
    llm_id,
    credential_owner,
    billing_status,
    reported_cost_kind,
    reported_cost,
    cast(null as decimal(28, 15)) as app_cost,
    cast(null as decimal(28, 15)) as previous_app_cost,
    list_cost,
    unpriced_tokens,
    cast(reported_cost - list_cost as decimal(28, 15)) as reported_minus_list_cost,
    case
        when list_cost is null then 'unpriced'
        when reported_cost = list_cost then 'equal'
        when reported_cost = 0 and credential_owner = 'customer' then 'own_key'
        when reported_cost = 0 and billing_status <> 'billable' then 'not_charged'
        when abs(reported_cost - list_cost) < 0.000000000001 then 'float_noise'
        when
            reported_cost = round(reported_cost, 6)
            and abs(reported_cost - list_cost) <= 0.0000005 then 'rounded_by_source'
        else 'unexplained'
    end as difference_reason
from fct_llm_usage
where reported_cost is not null and reported_currency = 'USD';

create table cost_reconciliation as
with summed as (
    select
        usage_month,
        source_system,
        workspace_id,
        llm_id,
        credential_owner,
        difference_reason,
        count(*) as requests,
        count(app_cost) as app_priced_requests,
        sum(reported_cost) as reported_cost,
        sum(app_cost) as app_cost,
        sum(list_cost) as list_cost,
        sum(reported_minus_list_cost) as reported_minus_list_cost,
        count(*) filter (where list_cost is null) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from fct_reported_costs
    group by all
)
select
    md5(concat_ws('|',
        s.usage_month, s.source_system, key_part(s.workspace_id), key_part(s.llm_id),
        s.credential_owner, s.difference_reason
    )) as cost_reconciliation_key,
    s.*,
    coalesce(c.cost_center, 'unassigned') as cost_center,
    coalesce(c.workspace_environment, 'unassigned') as workspace_environment,
    s.unpriced_requests = 0 as is_complete
from summed as s
left join given_cost_centers as c
    on
        s.workspace_id = c.workspace_id
        and s.usage_month >= c.valid_from and s.usage_month < c.valid_to;
