{% set grain = ['source_system', 'provider_name', 'reported_model', 'llm_id'] %}

with monthly as (

    select * from {{ ref('pricing_coverage_monthly') }}

),

llms as (

    select * from {{ ref('dim_llms') }}

),

summed as (

    select
        {{ grain | join(',\n        ') }},
        min(first_usage_date) as first_usage_date,
        max(last_usage_date) as last_usage_date,
        {{ sum_additive([
            'requests',
            'priced_requests',
            'priced_by_fallback_requests',
            'free_requests',
            'unpriced_model_requests',
            'unpriced_component_requests',
            'total_tokens',
            'priced_components_cost',
            'list_cost',
            'unpriced_requests',
            'unpriced_tokens',
            'app_priced_requests',
            'app_price_difference_requests',
        ]) }},
        {{ sum_cost('app_cost') }} as app_cost,
        {{ sum_cost('list_cost_of_app_priced') }} as list_cost_of_app_priced,
        {{ sum_cost('app_price_difference') }} as app_price_difference
    from monthly
    group by {{ grain | join(', ') }}

),

final as (

    select
        {{ stable_key(prefixed('summed', grain)) }} as pricing_coverage_key,
        summed.source_system,
        summed.provider_name,
        summed.reported_model,
        summed.llm_id,
        llms.is_inferred as is_unknown_model,
        summed.first_usage_date,
        summed.last_usage_date,
        summed.requests,
        summed.priced_requests,
        summed.priced_by_fallback_requests,
        summed.free_requests,
        summed.unpriced_model_requests,
        summed.unpriced_component_requests,
        summed.total_tokens,
        summed.priced_components_cost,
        summed.list_cost,
        summed.unpriced_requests,
        summed.unpriced_tokens,
        {{ ratio('summed.unpriced_tokens', 'summed.total_tokens') }} as unpriced_token_share,
        summed.app_priced_requests,
        summed.app_cost,
        summed.list_cost_of_app_priced,
        summed.app_price_difference,
        summed.app_price_difference_requests > 0 as has_app_price_difference,
        summed.unpriced_requests = 0 as is_complete
    from summed
    inner join llms
        on summed.llm_id = llms.llm_id

)

select * from final
