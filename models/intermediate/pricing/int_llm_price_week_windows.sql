with prices as (

    select * from {{ ref('int_llm_prices_modified') }}

),

weekdays as (

    {%- for day in range(1, 8) %}
    select {{ day }} as weekday
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

windows as (

    select
        prices.price_row,
        (weekdays.weekday - 1) * 1440 + prices.day_minute_from as week_minute_from,
        (weekdays.weekday - 1) * 1440 + prices.day_minute_to as week_minute_to
    from prices
    inner join weekdays
        on
            prices.weekday_from <= weekdays.weekday
            and prices.weekday_to >= weekdays.weekday
    where prices.week_window != 'always'

)

select * from windows
