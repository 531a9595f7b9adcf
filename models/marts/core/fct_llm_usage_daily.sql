{{ config(**restated_by(
    'usage_date', parent='fct_llm_usage', parent_requests=none, own_requests=none
)) }}

with usage as (

    select
        *,
        case when status = 'error' then list_cost else {{ zero_cost() }} end as error_list_cost,
        case when reported_currency = 'USD' then reported_cost end as usd_cost,
        case when reported_currency = 'USD' then null else reported_cost end as foreign_cost
    from {{ ref('fct_llm_usage') }}
    where {{ is_restated('usage_date') }}

),

summed as (

    select
        usage_date,
        reporting_date,
        source_system,
        source_instance,
        tenant_id,
        workspace_id,
        user_id,
        llm_id,
        service_tier,
        credential_owner,
        agent_id,
        count(*) as requests,
        count(*) filter (where status = 'error') as error_requests,
        count(*) filter (where list_cost is null) as unpriced_requests,
        count(foreign_cost) as non_usd_reported_requests,
        cast(sum(case when usd_cost is null then 0 else total_tokens end) as bigint)
            as reported_cost_tokens,
        cast(coalesce(sum(latency_ms), 0) as bigint) as latency_ms_sum,
        count(latency_ms) as latency_ms_count,
        {{ sum_additive(token_columns() + cost_columns_but('reported_cost')) }},
        {{ sum_cost('usd_cost') }} as reported_cost,
        max(restated_at) as restated_at
    from usage
    group by
        usage_date,
        reporting_date,
        source_system,
        source_instance,
        tenant_id,
        workspace_id,
        user_id,
        llm_id,
        service_tier,
        credential_owner,
        agent_id

),

keyed as (

    select
        {{ stable_key([
            'usage_date', 'reporting_date', 'source_system', 'source_instance', 'tenant_id',
            'workspace_id', 'user_id', 'llm_id', 'service_tier', 'credential_owner', 'agent_id',
        ]) }} as llm_usage_daily_key,
        *
    from summed

)

select * from keyed
{{ in_order_of('usage_date') }}
