{{ config(**restated_by(
    'usage_date', parent='fct_llm_usage', parent_requests=none, own_requests=none,
    charge_terms=true
)) }}

{% set attempt = [
    'usage_date', 'reporting_date', 'billing_date', 'source_system', 'source_instance', 'tenant_id',
    'workspace_id', 'user_id', 'llm_id', 'provider_id', 'model_id', 'service_tier', 'region',
    'credential_owner', 'agent_id', 'contract_book', 'resale_book', 'billing_currency',
    'charge_terms_key', 'price_sheet_key',
] %}
{% set costs = [
    'list_unit_price', 'contracted_unit_price', 'billable_unit_price',
    'list_cost', 'contracted_cost', 'billable_cost',
] %}
{% set measured = ['meter', 'quantity', 'billable_quantity', 'requests', 'restated_at'] %}

with terms as (

    select * from {{ ref('charge_terms_daily') }}

),

unit_prices as (

    select * from {{ ref('int_llm_unit_prices') }}

),

factors as (

    select * from {{ ref('int_price_factors_dated') }}

),

usage as (

    select
        attempts.*,
        {{ billing_date('attempts', 'terms') }} as billing_date,
        {{ prefixed('terms', ['contract_book', 'resale_book']) | join(', ') }},
        coalesce(terms.billing_currency, 'USD') as billing_currency,
        coalesce(terms.charge_terms_key, 'list') as charge_terms_key
    from {{ ref('fct_llm_usage') }} as attempts
    left join terms
        on {{ equal_on('attempts', 'terms', ['usage_date', 'tenant_id', 'workspace_id']) }}
    where {{ is_restated('attempts.usage_date') }}

),

by_token_meter as (

    {{ summed_by_token_meter('usage', attempt) }}

),

-- As with tokens, 0 is no charge. An unknown quantity stands apart: it would hide what others cost.
by_other_meter as (

    select
        {{ prefixed('usage', attempt) | join(', ') }},
        {{ stable_key(prefixed('usage', attempt)) }} as attempts_key,
        meters.meter,
        {{ sum_billable('meters.quantity') }},
        count(*) as requests,
        max(usage.restated_at) as restated_at,
        meters.unit_price
    from usage
    inner join {{ ref('int_llm_usage_meters') }} as meters
        on {{ equal_on('usage', 'meters', ['usage_key', 'usage_date']) }}
    where usage.other_meters is not null and meters.quantity is distinct from 0
    group by
        {{ prefixed('usage', attempt) | join(', ') }},
        meters.meter, meters.unit_price, meters.quantity is null

),

metered as (

    select
        {{ prefixed('by_token_meter', attempt + ['attempts_key'] + measured) | join(', ') }},
        unit_prices.unit_price,
        coalesce(unit_prices.is_fallback, false) as is_fallback,
        coalesce(unit_prices.context_tokens_from, 0) as context_tokens_from,
        coalesce(unit_prices.week_minute_from, 0) as week_minute_from,
        {{ unpriced_part('by_token_meter.quantity', 'unit_prices.unit_price') }} as unpriced_tokens
    from by_token_meter
    left join unit_prices
        on {{ equal_on('by_token_meter', 'unit_prices', ['price_sheet_key', 'meter']) }}
    where by_token_meter.quantity > 0
    union all
    select
        {{ (attempt + ['attempts_key'] + measured) | join(', ') }},
        unit_price,
        false as is_fallback,
        0 as context_tokens_from,
        0 as week_minute_from,
        0 as unpriced_tokens
    from by_other_meter

),

-- Agreed prices fit the list's bands and windows: where a list price starts, one of them holds.
priced as (

    select
        metered.*,
        metered.unit_price as list_unit_price,
        {{ agreed_unit_price('metered', 'contract', "'USD'") }} as contracted_unit_price,
        {{ agreed_unit_price('metered', 'resale', 'billing_currency') }} as billable_unit_price
    from metered
    left join unit_prices as contract_prices
        on {{ is_agreed_price('metered', 'contract_prices', 'contract_book') }}
    left join factors as contract_factors
        on {{ is_agreed_factor('metered', 'contract_factors', 'contract_book') }}
    left join unit_prices as resale_prices
        on {{ is_agreed_price('metered', 'resale_prices', 'resale_book') }}
    left join factors as resale_factors
        on {{ is_agreed_factor('metered', 'resale_factors', 'resale_book') }}

),

costed as (

    select
        *,
        {{ component_cost('quantity', 'unit_price') }} as list_cost,
        {{ component_cost('billable_quantity', 'contracted_unit_price') }} as contracted_cost,
        {{ component_cost('billable_quantity', 'billable_unit_price') }} as billable_cost
    from priced

),

final as (

    select
        {{ stable_key(['attempts_key', 'meter', femto_dollars('unit_price'), 'quantity is null']) }}
            as llm_charges_daily_key,
        {{ (attempt + measured[:-1] + costs) | join(', ') }},
        {{ margin('billable_cost', 'contracted_cost', 'billing_currency') }} as margin_cost,
        case when list_cost is null then requests else 0 end as unpriced_requests, unpriced_tokens,
        {{ unpriced_quantities() }},
        list_cost + contracted_cost + billable_cost is not null as is_complete,
        restated_at, {{ run_started() }} as charged_at
    from costed

)

select * from final
{{ in_order_of('usage_date') }}
