{{ config(**restated_by(
    'usage_month', parent='llm_prices_used', parent_key=month_of('reporting_date'),
    parent_requests='sum(requests)'
)) }}
{{ built_after(['llm_prices_used']) }}

{% set statuses = [
    'priced',
    'priced_by_fallback',
    'free',
    'unpriced_model',
    'unpriced_component',
] %}
{% set grain = ['usage_month', 'source_system', 'provider_name', 'reported_model', 'llm_id'] %}

with usage as (

    select * from {{ ref('fct_llm_usage') }}
    where {{ is_of_restated_months() }}

),

app_costed as (

    select * from {{ ref('int_llm_usage_app_costed') }}

),

-- The two prices are compared on the attempts that have both; the application's own stands alone
-- where the list has none.
compared as (

    select
        usage.*,
        {{ month_of('usage.reporting_date') }} as usage_month,
        coalesce(usage.response_model, usage.request_model) as reported_model,
        app_costed.app_cost,
        case when app_costed.app_cost is not null then usage.list_cost end
            as list_cost_of_app_priced,
        {{ add_costs(['app_costed.app_cost', '-usage.list_cost']) }} as app_price_difference
    from usage
    left join app_costed
        on usage.usage_key = app_costed.usage_key

),

summed as (

    select
        {{ grain | join(',\n        ') }},
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date,
        count(*) as requests,
        count(*) filter (where list_cost is null) as unpriced_requests,
        {{ count_by_value('pricing_status', statuses) }},
        {{ sum_additive([
            'total_tokens',
            'unpriced_tokens',
            'priced_components_cost',
            'list_cost',
        ]) }},
        count(app_cost) as app_priced_requests,
        {{ sum_cost('app_cost') }} as app_cost,
        {{ sum_cost('list_cost_of_app_priced') }} as list_cost_of_app_priced,
        {{ sum_cost('app_price_difference') }} as app_price_difference,
        count(*) filter (where app_price_difference <> 0) as app_price_difference_requests,
        max(restated_at) as restated_at
    from compared
    group by {{ grain | join(', ') }}

),

final as (

    select
        {{ stable_key(prefixed('summed', grain)) }} as pricing_coverage_monthly_key,
        *,
        unpriced_requests = 0 as is_complete
    from summed

)

select * from final
