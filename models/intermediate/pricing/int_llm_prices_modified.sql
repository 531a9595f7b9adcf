{%- set carried = [
    "price_book", "provider_id", "model_id", "component", "component_kind", "service_tier",
    "context_tokens_from", "week_window", "weekday_from", "weekday_to", "day_minute_from",
    "day_minute_to",
] -%}

with prices as (

    select * from {{ ref('int_llm_prices_revised') }}

),

modifiers as (

    select * from {{ ref('stg_pricing__price_modifiers') }}

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
        prices.price_row || '*' || modifiers.dimension_value as price_row,
        {{ prefixed('prices', carried) | join(',\n        ') }},
        modifiers.dimension_value as region_class,
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
        modifiers.dimension = 'region_class'
        and prices.region_class = '*'
        and prices.component_kind = 'token'

),

unioned as (

    select * from as_published
    union all
    select * from regional

)

select * from unioned
