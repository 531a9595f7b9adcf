create table cost_per_token as
with monthly as (
    select
        month_of(reporting_date) as usage_month,
        llm_id,
        service_tier,
        cast(sum(requests) as bigint) as requests,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(total_tokens) as bigint) as total_tokens,
        sum(uncached_input_cost) + sum(cache_read_input_cost) + sum(cache_write_5m_input_cost)
        + sum(cache_write_1h_input_cost) + sum(audio_input_cost) as all_input_cost,
        sum(output_cost) as output_cost,
        sum(other_meters_cost) as other_meters_cost,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        sum(reported_cost) as reported_cost,
        sum(reported_cost_tokens) as reported_cost_tokens,
        cast(sum(unpriced_requests) as bigint) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from fct_llm_usage_daily
    group by all
)
select
    md5(concat_ws('|', m.usage_month, key_part(m.llm_id), m.service_tier)) as cost_per_token_key,
    m.* exclude (all_input_cost, reported_cost_tokens),
    d.provider_id,
    d.model_id,
    if(unpriced_requests = 0, all_input_cost, null) as input_cost,
    ratio(cast(if(unpriced_requests = 0, all_input_cost, null) as double) * 1000000, input_tokens)
        as list_usd_per_million_input_tokens,
    ratio(cast(if(unpriced_requests = 0, output_cost, null) as double) * 1000000, output_tokens)
        as list_usd_per_million_output_tokens,
    ratio(cast(if(unpriced_requests = 0, list_cost, null) as double) * 1000000, total_tokens)
        as list_usd_per_million_tokens,
    ratio(cast(reported_cost as double) * 1000000, reported_cost_tokens)
        as reported_usd_per_million_tokens,
    unpriced_requests = 0 as is_complete
from monthly as m
join dim_llms as d using (llm_id);
