with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}

),

bounds as (

    select
        {{ month_of('min(reporting_date)') }} as first_date,
        max(reporting_date) as last_date
    from usage_daily

),

days as (

    {{ date_range('bounds', 'first_date', 'last_date', 'date_day') }}

),

final as (

    select
        date_day,
        {{ month_of('date_day') }} as month_start_date,
        {{ month_of('date_day') }} = date_day as is_month_start,
        cast({{ iso_weekday('date_day') }} as integer) as iso_weekday,
        {{ iso_weekday('date_day') }} >= 6 as is_weekend,
        cast(extract(year from date_day) as integer) as calendar_year,
        cast(extract(quarter from date_day) as integer) as calendar_quarter,
        cast(extract(month from date_day) as integer) as calendar_month
    from days

)

select * from final
