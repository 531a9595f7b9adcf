-- Invariant: each mart that is summed from the daily fact has its totals, month by month.
-- Guards the marts people read: two reports of one month must not differ by a cent.
{% set measures = [
    'requests',
    'input_tokens',
    'output_tokens',
    'total_tokens',
    'unpriced_tokens',
    'list_cost',
] %}
{% set marts = {
    'llm_costs_daily': month_of('reporting_date'),
    'cost_per_token': 'usage_month',
    'user_monthly_usage': 'usage_month',
    'workspace_monthly_usage': 'usage_month',
} %}

with expected as (

    select
        {{ month_of('reporting_date') }} as usage_month,
        {{ sum_additive(measures) }}
    from {{ ref('fct_llm_usage_daily') }}
    group by {{ month_of('reporting_date') }}

),

found as (

    {% for mart, month in marts.items() %}
    select
        '{{ mart }}' as mart,
        {{ month }} as usage_month,
        {{ sum_additive(measures) }}
    from {{ ref(mart) }}
    group by {{ month }}
    union all
    {% endfor %}
    select
        'llm_efficiency_stats' as mart,
        usage_month,
        {{ sum_additive(measures) }}
    from {{ ref('llm_efficiency_stats') }}
    where is_all_workspaces
    group by usage_month
    union all
    select
        'llm_efficiency_stats by workspace' as mart,
        usage_month,
        {{ sum_additive(measures) }}
    from {{ ref('llm_efficiency_stats') }}
    where not is_all_workspaces
    group by usage_month

),

marts as (

    select distinct mart from found

),

expected_by_mart as (

    select
        marts.mart,
        expected.*
    from expected
    cross join marts

),

compared as (

    select
        {% for measure in measures %}
        expected_by_mart.{{ measure }} as expected_{{ measure }},
        found.{{ measure }} as found_{{ measure }},
        {% endfor %}
        coalesce(expected_by_mart.mart, found.mart) || ' ' || coalesce(
            cast(expected_by_mart.usage_month as {{ dbt.type_string() }}),
            cast(found.usage_month as {{ dbt.type_string() }})
        ) as place
    from expected_by_mart
    full outer join found
        on
            expected_by_mart.mart = found.mart
            and expected_by_mart.usage_month = found.usage_month

)

{{ differences('compared', 'place', paired(measures, 'expected', 'found')) }}
