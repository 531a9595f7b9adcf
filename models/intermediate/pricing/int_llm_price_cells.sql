{%- set sheet = ["price_book", "provider_id", "model_id", "service_tier"] -%}
{%- set tiers = ["standard", "batch", "flex", "priority", "fast", "unknown"] -%}

with prices as (

    select * from {{ ref('int_llm_prices_modified') }}

),

windows as (

    select * from {{ ref('int_llm_price_week_windows') }}

),

tiers as (

    {%- for tier in tiers %}
    select '{{ tier }}' as service_tier
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- Every tier of a model that the book knows gets cells, priced or not.
sheets as (

    select distinct
        prices.price_book,
        prices.provider_id,
        prices.model_id,
        tiers.service_tier
    from prices
    cross join tiers

),

token_prices as (

    select * from prices
    where component_kind = 'token'

),

-- Cutting at every boundary makes cells that are disjoint and leave no gap, by construction.
instants as (

    select {{ sheet | join(', ') }}, valid_from as valid_from from token_prices
    union
    select {{ sheet | join(', ') }}, valid_to from token_prices
    union
    select {{ sheet | join(', ') }}, cast('1970-01-01' as timestamp) from sheets
    union
    select {{ sheet | join(', ') }}, {{ end_of_time() }} from sheets

),

periods as (

    select
        *,
        lead(valid_from) over (
            partition by {{ sheet | join(', ') }} order by valid_from
        ) as valid_to
    from instants

),

covering as (

    select
        {{ prefixed('periods', sheet) | join(',\n        ') }},
        periods.valid_from,
        token_prices.price_row,
        token_prices.context_tokens_from
    from periods
    inner join token_prices
        on
            {%- for column in sheet %}
            periods.{{ column }} = token_prices.{{ column }} and
            {%- endfor %}
            periods.valid_from >= token_prices.valid_from
            and periods.valid_to <= token_prices.valid_to

),
