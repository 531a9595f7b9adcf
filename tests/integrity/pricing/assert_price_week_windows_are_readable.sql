-- Invariant: a week window has days (`1-5` or `6`), a start and a later end (`HH:MM`), or nothing.
-- Guards int_llm_price_week_windows: a window that is misread charges peak prices at night.

with windows as (

    select
        price_row,
        coalesce(dow, '') as dow,
        coalesce(tod_from, '') as tod_from,
        coalesce(tod_to, '') as tod_to
    from {{ ref('stg_pricing__llm_prices') }}
    where dow is not null or tod_from is not null or tod_to is not null

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' has the window ' || dow || ' ' || tod_from || '-' || tod_to
    || '; write days as 1-5 or 6 and times as HH:MM, and split a window at midnight' as message
from windows
where
    translate(dow, '1234567', '1111111') not in ('1', '1-1')
    or substring(dow, 1, 1) > substring(dow, length(dow), 1)
    or translate(tod_from, '0123456789', '0000000000') != '00:00'
    or translate(tod_to, '0123456789', '0000000000') != '00:00'
    or substring(tod_from, 4, 2) > '59'
    or substring(tod_to, 4, 2) > '59'
    or tod_from >= tod_to
    or tod_to > '24:00'
union all
select
    'none' as price_row,
    'llm_prices.csv: no week window was read' as message
where not exists (select 1 from windows)
