{% set grain = ['usage_month', 'workspace_id', 'user_id'] %}

with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}

),

monthly as (

    select
        {{ month_of('reporting_date') }} as usage_month,
        workspace_id,
        user_id,
        count(distinct reporting_date) as active_days,
        count(distinct llm_id) as distinct_llms,
        {{ sum_additive(count_columns() + token_columns() + cost_columns()) }}
    from usage_daily
    group by {{ month_of('reporting_date') }}, workspace_id, user_id

),

final as (

    select
        {{ stable_key(grain) }} as user_monthly_usage_key,
        {{ grain | join(',\n        ') }},
        requests,
        error_requests,
        active_days,
        distinct_llms,
        input_tokens,
        cache_read_input_tokens,
        output_tokens,
        total_tokens,
        priced_components_cost,
        list_cost,
        billable_list_cost,
        reported_cost,
        non_usd_reported_requests,
        unpriced_requests,
        unpriced_tokens,
        unpriced_requests = 0 as is_complete
    from monthly

)

select * from final
