-- Invariant: every price is in USD, but for books of resale, which may be in another currency.
-- Guards llm_prices: euros added to dollars are a sum of nothing; the warehouse does not convert.

with prices as (

    select * from {{ ref('stg_pricing__llm_prices') }}

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' is in ' || coalesce(currency, 'no currency')
    || '; the warehouse does not convert: write the price in USD' as message
from prices
where
    currency is distinct from 'USD'
    and {{ price_book_kind('price_book') }} is distinct from 'resale'
union all
select
    'none' as price_row,
    'llm_prices.csv: no price row was compared' as message
where not exists (select 1 from prices)
