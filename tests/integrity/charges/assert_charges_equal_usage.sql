-- Invariant: the charges of a day hold every token of the daily fact, and its known list cost.
-- Guards fct_llm_charges_daily, from which invoices are made: a meter that is lost is not billed,
-- one that is found twice is billed twice.
{% set grain = [
    'usage_date', 'reporting_date', 'source_system', 'source_instance', 'tenant_id',
    'workspace_id', 'user_id', 'llm_id', 'service_tier', 'credential_owner', 'agent_id',
] %}

with charges as (

    select
        {{ grain | join(', ') }},
        sum(case when {{ is_token_meter('meter') }} then quantity else 0 end) as tokens,
        sum(unpriced_tokens) as unpriced_tokens,
        coalesce(sum(list_cost), 0) as list_cost
    from {{ ref('fct_llm_charges_daily') }}
    where {{ is_tested('usage_date', mart='fct_llm_charges_daily') }}
    group by {{ grain | join(', ') }}

),

daily as (

    select
        {{ grain | join(', ') }},
        llm_usage_daily_key,
        total_tokens as tokens,
        unpriced_tokens,
        coalesce(priced_components_cost, 0) as list_cost
    from {{ ref('fct_llm_usage_daily') }}
    where
        {{ is_tested('usage_date', mart='fct_llm_charges_daily') }}
        and (total_tokens > 0 or other_meters_cost is distinct from 0)

),

compared as (

    select
        {% for measure in ['tokens', 'unpriced_tokens', 'list_cost'] %}
        charges.{{ measure }} as charges_{{ measure }},
        daily.{{ measure }} as daily_{{ measure }},
        {% endfor %}
        coalesce(daily.llm_usage_daily_key, charges.llm_id) as place
    from daily
    full outer join charges
        on {{ equal_on('daily', 'charges', grain) }}

)

{{ differences('compared', 'place', paired(
    ['tokens', 'unpriced_tokens', 'list_cost'], 'daily', 'charges'
)) }}
