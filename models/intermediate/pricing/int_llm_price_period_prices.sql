{{ config(materialized=in_place('table')) }}

{%- set sheet = ["price_book", "provider_id", "model_id", "service_tier"] -%}

with periods as (

    select * from {{ ref('int_llm_price_periods') }}

),

prices as (

    select * from {{ ref('int_llm_prices_modified') }}

),

covering as (

    select
        {{ prefixed('periods', sheet + ['valid_from', 'valid_to']) | join(',\n        ') }},
        prices.price_row,
        prices.component,
        prices.region_class,
        prices.region_rank,
        prices.context_tokens_from,
        prices.week_window,
        prices.usd_per_unit
    from periods
    inner join prices
        on
            {%- for column in sheet %}
            periods.{{ column }} = prices.{{ column }} and
            {%- endfor %}
            periods.valid_from >= prices.valid_from
            and periods.valid_to <= prices.valid_to
    where prices.component_kind = 'token'

)

select * from covering
