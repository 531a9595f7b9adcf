-- Invariant: a week window has days (`1-5` or `6`), a start and a later end (`HH:MM`), or none of them.
-- Guards int_llm_price_week_windows: a window that is misread charges peak prices at night.
{% set days = [] -%}
{% for first in range(1, 8) %}{% for last in range(first, 8) -%}
{% do days.append(first ~ "-" ~ last if first != last else first) -%}
{% endfor %}{% endfor -%}
{% set hours = [] -%}
{% for hour in range(0, 25) %}{% do hours.append("%02d" | format(hour)) %}{% endfor -%}
{% set minutes = [] -%}
{% for minute in range(0, 60) %}{% do minutes.append("%02d" | format(minute)) %}{% endfor %}

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
    dow not in ('{{ days | join("', '") }}')
    or length(tod_from) != 5
    or length(tod_to) != 5
    or substring(tod_from, 1, 2) not in ('{{ hours | join("', '") }}')
    or substring(tod_to, 1, 2) not in ('{{ hours | join("', '") }}')
    or substring(tod_from, 3, 1) != ':'
    or substring(tod_to, 3, 1) != ':'
    or substring(tod_from, 4, 2) not in ('{{ minutes | join("', '") }}')
    or substring(tod_to, 4, 2) not in ('{{ minutes | join("', '") }}')
    or tod_to <= tod_from
    or tod_to > '24:00'
union all
select
    'none' as price_row,
    'llm_prices.csv: no week window was read' as message
where not exists (select 1 from windows)
