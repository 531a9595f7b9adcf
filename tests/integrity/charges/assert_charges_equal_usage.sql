-- Invariant: the charges of a day hold every token of the daily fact, its known list cost, and
-- every other meter of its attempts. Guards fct_llm_charges_daily, from which invoices are made: a
-- meter that is lost is not billed, one that is found twice is billed twice.
{% set grain = [
    'usage_date', 'reporting_date', 'source_system', 'source_instance', 'tenant_id',
    'workspace_id', 'user_id', 'llm_id', 'service_tier', 'credential_owner', 'agent_id',
] %}
{% set measures = ['tokens', 'unpriced_tokens', 'list_cost', 'meters', 'meter_quantity'] %}

with charges as (

    select
        {{ grain | join(', ') }},
        sum(case when {{ is_token_meter('meter') }} then quantity else 0 end) as tokens,
        sum(unpriced_tokens) as unpriced_tokens,
        coalesce(sum(list_cost), 0) as list_cost,
        sum(case when {{ is_token_meter('meter') }} then 0 else requests end) as meters,
        sum(case when {{ is_token_meter('meter') }} then 0 else coalesce(quantity, 0) end)
            as meter_quantity
    from {{ ref('fct_llm_charges_daily') }}
    where {{ is_tested('usage_date', mart='fct_llm_charges_daily') }}
    group by {{ grain | join(', ') }}

),

meters as (

    select
        {{ prefixed('attempts', grain) | join(', ') }},
        count(*) as meters,
        sum(coalesce(meters.quantity, 0)) as meter_quantity
    from {{ ref('fct_llm_usage') }} as attempts
    inner join {{ ref('int_llm_usage_meters') }} as meters
        on {{ equal_on('attempts', 'meters', ['usage_key', 'usage_date']) }}
    where
        {{ is_tested('attempts.usage_date', mart='fct_llm_charges_daily') }}
        and attempts.other_meters is not null
        and meters.quantity is distinct from 0
    group by {{ prefixed('attempts', grain) | join(', ') }}

),

daily as (

    select
        {{ prefixed('usage_daily', grain) | join(', ') }},
        usage_daily.llm_usage_daily_key,
        usage_daily.unpriced_tokens,
        usage_daily.total_tokens as tokens,
        usage_daily.priced_components_cost as list_cost,
        meters.meters,
        meters.meter_quantity
    from {{ ref('fct_llm_usage_daily') }} as usage_daily
    left join meters
        on {{ equal_on('usage_daily', 'meters', grain) }}
    where {{ is_tested('usage_daily.usage_date', mart='fct_llm_charges_daily') }}

),

-- A day of zeros has no charge: what is not there counts as 0.
compared as (

    select
        {% for measure in measures %}
        coalesce(charges.{{ measure }}, 0) as charges_{{ measure }},
        coalesce(daily.{{ measure }}, 0) as daily_{{ measure }},
        {% endfor %}
        coalesce(daily.llm_usage_daily_key, charges.llm_id) as place
    from daily
    full outer join charges
        on {{ equal_on('daily', 'charges', grain) }}

)

{{ differences('compared', 'place', paired(measures, 'daily', 'charges')) }}
