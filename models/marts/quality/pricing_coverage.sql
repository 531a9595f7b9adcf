{% set grain = ['source_system', 'provider_name', 'reported_model', 'llm_id'] %}

with monthly as (

    select * from {{ ref('pricing_coverage_monthly') }}

),

llms as (

    select * from {{ ref('dim_llms') }}

),

listed as (

    select * from {{ ref('int_llm_name_trigrams') }}

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

ranked as (

    select
        {{ stable_key(prefixed('summed', grain)) }} as pricing_coverage_key,
        summed.*,
        llms.is_inferred as is_unknown_model,
        llms.provider_id,
        llms.model_id,
        row_number() over (
            order by
                summed.unpriced_tokens desc, {{ stable_key(prefixed('summed', grain)) }}
        ) as unpriced_token_rank
    from summed
    inner join llms
        on summed.llm_id = llms.llm_id

),

-- Names that nobody knows; more than a hundred of them are no slips of the pen.
asked as (

    select distinct
        llm_id,
        provider_id,
        {{ compared_name('model_id') }} as compared_name
    from ranked
    where
        is_unknown_model
        and unpriced_tokens > 0
        and unpriced_token_rank <= 100

),

suggested as (

    {{ nearest_llms('asked', 'listed') }}

),

final as (

    select
        ranked.pricing_coverage_key,
        ranked.source_system,
        ranked.provider_name,
        ranked.reported_model,
        ranked.llm_id,
        ranked.is_unknown_model,
        ranked.first_usage_date,
        ranked.last_usage_date,
        ranked.requests,
        ranked.priced_requests,
        ranked.priced_by_fallback_requests,
        ranked.free_requests,
        ranked.unpriced_model_requests,
        ranked.unpriced_component_requests,
        ranked.total_tokens,
        ranked.priced_components_cost,
        ranked.list_cost,
        ranked.unpriced_requests,
        ranked.unpriced_tokens,
        {{ ratio('ranked.unpriced_tokens', 'ranked.total_tokens') }} as unpriced_token_share,
        case when ranked.unpriced_tokens > 0 then cast(ranked.unpriced_token_rank as bigint) end
            as unpriced_token_rank,
        suggested.suggested_llm_ids,
        case
            when suggested.suggested_llm_ids is not null
                then {{ deployment_row(
                    'ranked.provider_name', 'ranked.reported_model', 'suggested.suggested_llm_ids'
                ) }}
        end as suggested_deployment,
        ranked.app_priced_requests,
        ranked.app_cost,
        ranked.list_cost_of_app_priced,
        ranked.app_price_difference,
        ranked.app_price_difference_requests > 0 as has_app_price_difference,
        ranked.unpriced_requests = 0 as is_complete
    from ranked
    left join suggested
        on ranked.llm_id = suggested.llm_id

)

select * from final
