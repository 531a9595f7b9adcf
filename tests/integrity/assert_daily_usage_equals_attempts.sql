-- Invariant: every additive column of the daily fact equals the sum over the attempts of that day.
-- Guards fct_llm_usage_daily, from which every daily and monthly mart is summed.
{% set measures = token_columns() + cost_columns_but('reported_cost') %}

with attempts as (

    select
        usage_date,
        count(*) as requests,
        {{ sum_additive(measures) }}
    from {{ ref('fct_llm_usage') }}
    group by usage_date

),

daily as (

    select
        usage_date,
        {{ sum_additive(['requests'] + measures) }}
    from {{ ref('fct_llm_usage_daily') }}
    group by usage_date

),

compared as (

    select
        {% for measure in ['requests'] + measures %}
        attempts.{{ measure }} as attempts_{{ measure }},
        daily.{{ measure }} as daily_{{ measure }},
        {% endfor %}
        coalesce(attempts.usage_date, daily.usage_date) as usage_date
    from attempts
    full outer join daily
        on attempts.usage_date = daily.usage_date

)

{{ differences('compared', 'usage_date', paired(['requests'] + measures, 'attempts', 'daily')) }}
