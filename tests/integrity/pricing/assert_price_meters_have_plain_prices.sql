-- Invariant: meters that are not token buckets have no context band and no week window.
-- Guards int_llm_meter_prices, which has neither: such a price would apply at the wrong time.

with meters as (

    select * from {{ ref('int_llm_prices_revised') }}
    where component_kind = 'meter'

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' is a meter; set ctx_min to 0, empty dow, tod_from, tod_to'
        as message
from meters
where context_tokens_from > 0 or week_window != 'always'
union all
select
    'none' as price_row,
    'llm_prices.csv: no meter was compared' as message
where not exists (select 1 from meters)
