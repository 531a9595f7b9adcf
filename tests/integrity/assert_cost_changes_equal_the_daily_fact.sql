-- Invariant: both months that a cost change compares equal the daily fact, workspace and LLM apart.
-- Guards cost_change_drivers: effects that add up to a wrong change explain nothing.
{% set grain = ['usage_month', 'workspace_id', 'llm_id'] %}
{% set next_month = 'cast(' ~ dbt.dateadd('month', 1, 'usage_month') ~ ' as date)' %}

with daily as (

    select
        *,
        {{ month_of('reporting_date') }} as usage_month
    from {{ ref('fct_llm_usage_daily') }}

),

monthly as (

    select
        {{ grain | join(', ') }},
        {{ sum_additive(['priced_components_cost', 'unpriced_requests', 'unpriced_tokens']) }}
    from daily
    group by {{ grain | join(', ') }}

),

later_months as (

    select * from monthly
    where usage_month > (select min(daily.usage_month) from daily)

),

months_before as (

    select
        {{ next_month }} as usage_month,
        workspace_id,
        llm_id,
        priced_components_cost
    from monthly

),

drivers as (

    select * from {{ ref('cost_change_drivers') }}

),

compared as (

    select
        coalesce(drivers.cost_change_drivers_key, later_months.llm_id) as place,
        coalesce(later_months.priced_components_cost, 0) as daily_cost,
        coalesce(drivers.priced_components_cost, 0) as driver_cost,
        coalesce(later_months.unpriced_requests, 0) as daily_unpriced_requests,
        coalesce(drivers.unpriced_requests, 0) as driver_unpriced_requests,
        coalesce(later_months.unpriced_tokens, 0) as daily_unpriced_tokens,
        coalesce(drivers.unpriced_tokens, 0) as driver_unpriced_tokens,
        coalesce(months_before.priced_components_cost, 0) as daily_previous_cost,
        coalesce(drivers.previous_priced_components_cost, 0) as driver_previous_cost
    from drivers
    full outer join later_months
        on {{ equal_on('drivers', 'later_months', grain) }}
    left join months_before
        on {{ equal_on('drivers', 'months_before', grain) }}

),

found as (

    {{ differences('compared', 'place', {
        'cost': ('daily_cost', 'driver_cost'),
        'unpriced requests': ('daily_unpriced_requests', 'driver_unpriced_requests'),
        'unpriced tokens': ('daily_unpriced_tokens', 'driver_unpriced_tokens'),
        'cost of the month before': ('daily_previous_cost', 'driver_previous_cost'),
    }) }}

)

-- A warehouse of one month has no change to explain.
select * from found
where
    measure <> 'rows compared'
    or (select count(distinct daily.usage_month) from daily) > 1
