{%- set period = [
    "price_book", "provider_id", "model_id", "service_tier", "valid_from", "valid_to",
] -%}

with periods as (

    select * from {{ ref('int_llm_price_periods') }}

),

prices as (

    select * from {{ ref('int_llm_price_period_prices') }}

),

windows as (

    select * from {{ ref('int_llm_price_week_windows') }}

),

boundaries as (

    select
        {{ prefixed('prices', period) | join(', ') }},
        windows.week_minute_from as week_minute
    from prices
    inner join windows on prices.price_row = windows.price_row
    union
    select
        {{ prefixed('prices', period) | join(', ') }},
        windows.week_minute_to as week_minute
    from prices
    inner join windows on prices.price_row = windows.price_row
    union
    select
        {{ period | join(', ') }},
        0 as week_minute
    from periods
    union
    select
        {{ period | join(', ') }},
        10080 as week_minute
    from periods

),

cut as (

    select
        {{ period | join(', ') }},
        week_minute as week_minute_from,
        lead(week_minute) over (
            partition by {{ period | join(', ') }} order by week_minute
        ) as week_minute_to
    from boundaries

),

weeks as (

    select * from cut
    where week_minute_to is not null

)

select * from weeks
