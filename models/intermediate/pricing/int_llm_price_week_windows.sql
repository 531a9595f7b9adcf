{{ config(materialized=in_place('table')) }}

with prices as (

    select * from {{ ref('int_llm_prices_modified') }}
    where week_window != 'always'

),

weekdays as (

    {%- for day in range(1, 8) %}
    select {{ day }} as weekday
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- `1-5` and `6` both start with their first day and end with their last.
read as (

    select
        price_row,
        cast(substring(dow, 1, 1) as integer) as weekday_from,
        cast(substring(dow, length(dow), 1) as integer) as weekday_to,
        cast(substring(tod_from, 1, 2) as integer) * 60
        + cast(substring(tod_from, 4, 2) as integer) as day_minute_from,
        cast(substring(tod_to, 1, 2) as integer) * 60
        + cast(substring(tod_to, 4, 2) as integer) as day_minute_to
    from prices

),

windows as (

    select
        read.price_row,
        (weekdays.weekday - 1) * 1440 + read.day_minute_from as week_minute_from,
        (weekdays.weekday - 1) * 1440 + read.day_minute_to as week_minute_to
    from read
    inner join weekdays
        on
            read.weekday_from <= weekdays.weekday
            and read.weekday_to >= weekdays.weekday

)

select * from windows
