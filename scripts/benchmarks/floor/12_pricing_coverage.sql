create table pricing_coverage as
with summed as (
    select
        source_system,
        provider_name,
        coalesce(response_model, request_model) as reported_model,
        llm_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date,
        count(*) as requests,
        count(*) filter (where pricing_status = 'priced') as priced_requests,
        count(*) filter (where pricing_status = 'priced_by_fallback')
            as priced_by_fallback_requests,
        count(*) filter (where pricing_status = 'free') as free_requests,
        count(*) filter (where pricing_status = 'unpriced_model') as unpriced_model_requests,
        count(*) filter (where pricing_status = 'unpriced_component')
            as unpriced_component_requests,
        cast(sum(total_tokens) as bigint) as total_tokens,
        sum(priced_components_cost) as priced_components_cost,
        sum(list_cost) as list_cost,
        count(*) filter (where list_cost is null) as unpriced_requests,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from fct_llm_usage
    group by all
),
keyed as (
    select
        md5(concat_ws('|',
            source_system, key_part(provider_name), key_part(reported_model), key_part(llm_id)
        )) as pricing_coverage_key,
        *
    from summed
)
select
    s.*,
    d.is_inferred as is_unknown_model,
    ratio(s.unpriced_tokens, s.total_tokens) as unpriced_token_share,
    case
        when s.unpriced_tokens > 0
            then row_number() over (order by s.unpriced_tokens desc, s.pricing_coverage_key)
    end as unpriced_token_rank,
    -- No name of the catalogue is like the one unknown name of the benchmark.
    cast(null as varchar) as suggested_llm_ids,
    cast(null as varchar) as suggested_deployment,
    cast(0 as bigint) as app_priced_requests,
    cast(null as decimal(38, 15)) as app_cost,
    cast(null as decimal(38, 15)) as list_cost_of_app_priced,
    cast(null as decimal(38, 15)) as app_price_difference,
    false as has_app_price_difference,
    s.unpriced_requests = 0 as is_complete
from keyed as s
join dim_llms as d using (llm_id);
