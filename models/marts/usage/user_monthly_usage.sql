{{ config(**restated_by(
    'usage_month', parent='llm_prices_used', parent_key=month_of('reporting_date'),
    parent_requests='sum(requests)', cost_centers=true
)) }}
{{ built_after(['llm_prices_used']) }}

{% set grain = ['usage_month', 'workspace_id', 'user_id'] %}

with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}
    where {{ is_of_restated_months() }}

),

cost_centers as (

    select * from {{ ref('int_cost_centers_dated') }}

),

monthly as (

    select
        {{ month_of('reporting_date') }} as usage_month,
        workspace_id,
        user_id,
        count(distinct reporting_date) as active_days,
        count(distinct llm_id) as distinct_llms,
        {{ sum_additive(count_columns() + token_columns() + cost_columns()) }},
        max(restated_at) as restated_at
    from usage_daily
    group by {{ month_of('reporting_date') }}, workspace_id, user_id

),

final as (

    select
        {{ stable_key(prefixed('monthly', grain)) }} as user_monthly_usage_key,
        {{ prefixed('monthly', grain) | join(',\n        ') }},
        {{ cost_center_columns('cost_centers') }},
        monthly.requests,
        monthly.error_requests,
        monthly.active_days,
        monthly.distinct_llms,
        monthly.input_tokens,
        monthly.cache_read_input_tokens,
        monthly.output_tokens,
        monthly.total_tokens,
        monthly.priced_components_cost,
        monthly.list_cost,
        monthly.billable_list_cost,
        monthly.reported_cost,
        monthly.non_usd_reported_requests,
        monthly.unpriced_requests,
        monthly.unpriced_tokens,
        monthly.unpriced_requests = 0 as is_complete,
        monthly.restated_at
    from monthly
    left join cost_centers
        on
            monthly.workspace_id = cost_centers.workspace_id
            and monthly.usage_month >= cost_centers.valid_from
            and monthly.usage_month < cost_centers.valid_to

)

select * from final
