{{ config(**restated_by(
    'reporting_date', parent='fct_llm_usage', parent_rows=in_reported_usd(), own_requests='count(*)'
)) }}

with usage as (

    select * from {{ ref('fct_llm_usage') }}
    where
        {{ in_reported_usd() }}
        and {{ is_restated('reporting_date') }}

),

app_costs as (

    select * from {{ ref('int_llm_usage_app_costed') }}

),

compared as (

    select
        usage.*,
        app_costs.app_cost,
        app_costs.previous_app_cost,
        coalesce(app_costs.app_cost, usage.list_cost) as source_cost
    from usage
    left join app_costs
        on usage.usage_key = app_costs.usage_key

),

final as (

    select
        usage_key,
        source_system,
        source_instance,
        event_id,
        attempt_number,
        {{ month_of('reporting_date') }} as usage_month,
        reporting_date,
        workspace_id,
        user_id,
        llm_id,
        credential_owner,
        billing_status,
        reported_cost_kind,
        reported_cost,
        app_cost,
        previous_app_cost,
        list_cost,
        unpriced_tokens,
        {{ add_costs(['reported_cost', '-list_cost']) }} as reported_minus_list_cost,
        case
            when list_cost is null then 'unpriced'
            when reported_cost = list_cost then 'equal'
            when reported_cost = 0 and credential_owner = 'customer' then 'own_key'
            when reported_cost = 0 and billing_status <> 'billable' then 'not_charged'
            when {{ is_float_noise('reported_cost', 'list_cost') }} then 'float_noise'
            when {{ is_float_noise('reported_cost', 'source_cost') }} then 'price_drift'
            when {{ is_float_noise('reported_cost', 'previous_app_cost') }} then 'stale_app_price'
            when {{ is_rounded('reported_cost', 'list_cost') }} then 'rounded_by_source'
            when {{ is_rounded('reported_cost', 'source_cost') }} then 'price_drift'
            else 'unexplained'
        end as difference_reason,
        restated_at
    from compared

)

select * from final
