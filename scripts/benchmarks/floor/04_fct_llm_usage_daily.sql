create table fct_llm_usage_daily as
with summed as (
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
        count(*) filter (where reported_cost is not null and reported_currency <> 'USD')
            as non_usd_reported_requests,
        cast(coalesce(sum(total_tokens) filter (
            where reported_cost is not null and reported_currency = 'USD'
        ), 0) as bigint) as reported_cost_tokens,
        cast(coalesce(sum(latency_ms), 0) as bigint) as latency_ms_sum,
        count(latency_ms) as latency_ms_count,
        cast(sum(uncached_input_tokens) as bigint) as uncached_input_tokens,
        cast(sum(cache_read_input_tokens) as bigint) as cache_read_input_tokens,
        cast(sum(cache_write_5m_input_tokens) as bigint) as cache_write_5m_input_tokens,
        cast(sum(cache_write_1h_input_tokens) as bigint) as cache_write_1h_input_tokens,
        cast(sum(audio_input_tokens) as bigint) as audio_input_tokens,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(reasoning_output_tokens) as bigint) as reasoning_output_tokens,
        cast(sum(audio_output_tokens) as bigint) as audio_output_tokens,
        cast(sum(total_tokens) as bigint) as total_tokens,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens,
        sum(uncached_input_cost) as uncached_input_cost,
        sum(cache_read_input_cost) as cache_read_input_cost,
        sum(cache_write_5m_input_cost) as cache_write_5m_input_cost,
        sum(cache_write_1h_input_cost) as cache_write_1h_input_cost,
        sum(audio_input_cost) as audio_input_cost,
        sum(output_cost) as output_cost,
        sum(other_meters_cost) as other_meters_cost,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        sum(billable_list_cost) as billable_list_cost,
        sum(case when status = 'error' then list_cost else cast(0 as decimal(28, 15)) end)
            as error_list_cost,
        sum(reported_cost) filter (where reported_currency = 'USD') as reported_cost
    from fct_llm_usage
    where usage_date between getvariable('first_day') and getvariable('last_day')
    group by all
)
select
    md5(concat_ws('|',
        usage_date, reporting_date, source_system, key_part(source_instance), key_part(tenant_id),
        key_part(workspace_id), key_part(user_id), key_part(llm_id), service_tier,
        credential_owner, key_part(agent_id)
    )) as llm_usage_daily_key,
    *
from summed;
