-- Invariant: every measure of the daily fact equals the attempts of its grain, summed apart.
-- Guards fct_llm_usage_daily, from which every daily and monthly mart is summed.
{% set grain = [
    'usage_date',
    'reporting_date',
    'source_system',
    'source_instance',
    'tenant_id',
    'workspace_id',
    'user_id',
    'llm_id',
    'service_tier',
    'credential_owner',
    'agent_id',
] %}
{% set summed = token_columns() + cost_columns_but('reported_cost') %}
{% set summed = summed | reject('equalto', 'error_list_cost') | list %}
{% set measures = summed + count_columns() + ['error_list_cost', 'reported_cost'] %}

with attempts as (

    select
        {{ grain | join(', ') }},
        count(*) as requests,
        sum(case when status = 'error' then 1 else 0 end) as error_requests,
        sum(case when list_cost is null then 1 else 0 end) as unpriced_requests,
        sum(case when reported_cost is null or reported_currency = 'USD' then 0 else 1 end)
            as non_usd_reported_requests,
        sum(
            case
                when reported_cost is not null and reported_currency = 'USD' then total_tokens
                else 0
            end
        ) as reported_cost_tokens,
        sum(coalesce(latency_ms, 0)) as latency_ms_sum,
        sum(case when latency_ms is null then 0 else 1 end) as latency_ms_count,
        sum(case when reported_currency = 'USD' then reported_cost end) as reported_cost,
        case
            when count(*) > count(case when status = 'error' and list_cost is null then 1 end)
                then coalesce(sum(case when status = 'error' then list_cost end), 0)
        end as error_list_cost,
        {{ sum_additive(summed) }}
    from {{ ref('fct_llm_usage') }}
    where {{ is_tested('usage_date') }}
    group by {{ grain | join(', ') }}

),

daily as (

    select * from {{ ref('fct_llm_usage_daily') }}
    where {{ is_tested('usage_date') }}

),

compared as (

    select
        {% for measure in measures %}
        attempts.{{ measure }} as attempts_{{ measure }},
        daily.{{ measure }} as daily_{{ measure }},
        {% endfor %}
        coalesce(
            cast(attempts.usage_date as {{ dbt.type_string() }}), daily.llm_usage_daily_key
        ) as place
    from attempts
    full outer join daily
        on {{ equal_on('attempts', 'daily', grain) }}

)

{{ differences('compared', 'place', paired(measures, 'attempts', 'daily')) }}
