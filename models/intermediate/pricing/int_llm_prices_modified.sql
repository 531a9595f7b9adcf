{{ config(materialized=in_place('table')) }}

{%- set carried = [
    "price_book", "provider_id", "model_id", "component", "component_kind", "service_tier",
    "context_tokens_from", "week_window", "dow", "tod_from", "tod_to",
] -%}

with prices as (

    select * from {{ ref('int_llm_prices_revised') }}

),

modifiers as (

    select
        price_book,
        provider_id,
        model_id,
        dimension_value as region_class,
        cast(factor as {{ type_price_factor() }}) as factor,
        valid_from,
        valid_to
    from {{ ref('stg_pricing__price_modifiers') }}
    where dimension = 'region_class'

),

as_published as (

    select
        price_row,
        {{ carried | join(',\n        ') }},
        region_class,
        case when region_class = '*' then 3 else 1 end as region_rank,
        valid_from,
        valid_to,
        usd_per_unit,
        usd_per_unit as exact_usd_per_unit
    from prices

),

-- A price of the region's own stands before the factor, the factor before the price of `*`.
regional as (

    select
        prices.price_row || '*' || modifiers.region_class as price_row,
        {{ prefixed('prices', carried) | join(',\n        ') }},
        modifiers.region_class,
        2 as region_rank,
        greatest(prices.valid_from, modifiers.valid_from) as valid_from,
        least(prices.valid_to, modifiers.valid_to) as valid_to,
        cast(prices.usd_per_unit * modifiers.factor as {{ type_unit_price() }}) as usd_per_unit,
        prices.usd_per_unit * modifiers.factor as exact_usd_per_unit
    from prices
    inner join modifiers
        on
            prices.price_book = modifiers.price_book
            and prices.provider_id = modifiers.provider_id
            and prices.model_id = modifiers.model_id
            and prices.valid_from < modifiers.valid_to
            and prices.valid_to > modifiers.valid_from
    where
        prices.region_class = '*'
        and prices.component_kind = 'token'

),

unioned as (

    select * from as_published
    union all
    select * from regional

)

select * from unioned
