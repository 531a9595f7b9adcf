{{ config(**restated_by(
    'usage_month', parent='llm_prices_used', parent_key=month_of('reporting_date'),
    parent_requests='sum(requests)'
)) }}
{{ built_after(['llm_prices_used']) }}

with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}
    where {{ is_of_restated_months() }}

),

llms as (

    select * from {{ ref('dim_llms') }}

),

monthly as (

    select
        {{ month_of('reporting_date') }} as usage_month,
        llm_id,
        service_tier,
        {{ sum_additive(count_columns() + token_columns() + cost_columns()) }},
        max(restated_at) as restated_at
    from usage_daily
    group by {{ month_of('reporting_date') }}, llm_id, service_tier

),

split as (

    select
        *,
        {{ add_cost_sums([
            'uncached_input_cost',
            'cache_read_input_cost',
            'cache_write_5m_input_cost',
            'cache_write_1h_input_cost',
            'audio_input_cost',
        ]) }} as input_cost
    from monthly

),

final as (

    select
        {{ stable_key(['split.usage_month', 'split.llm_id', 'split.service_tier']) }}
            as cost_per_token_key,
        split.usage_month,
        split.llm_id,
        llms.provider_id,
        llms.model_id,
        split.service_tier,
        split.requests,
        split.input_tokens,
        split.output_tokens,
        split.total_tokens,
        {{ if_complete('split.input_cost') }} as input_cost,
        split.output_cost,
        split.other_meters_cost,
        split.priced_components_cost,
        split.list_cost,
        split.reported_cost,
        {{ usd_per_million(if_complete('split.input_cost'), 'split.input_tokens') }}
            as list_usd_per_million_input_tokens,
        {{ usd_per_million(if_complete('split.output_cost'), 'split.output_tokens') }}
            as list_usd_per_million_output_tokens,
        {{ usd_per_million(if_complete('split.list_cost'), 'split.total_tokens') }}
            as list_usd_per_million_tokens,
        {{ usd_per_million('split.reported_cost', 'split.reported_cost_tokens') }}
            as reported_usd_per_million_tokens,
        split.unpriced_requests,
        split.unpriced_tokens,
        split.unpriced_requests = 0 as is_complete,
        split.restated_at
    from split
    inner join llms
        on split.llm_id = llms.llm_id

)

select * from final
