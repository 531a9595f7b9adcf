-- Invariant: price x factor has at most 15 decimals.
-- Guards int_llm_prices_modified: a rounded unit price would be wrong on every token, for ever.

with products as (

    select * from {{ ref('int_llm_prices_modified') }}

)

select
    price_row,
    'price_modifiers.csv: the product for ' || price_row || ' has more than 15 decimals; write the '
    || 'regional price into llm_prices.csv as published' as message
from products
where usd_per_unit != exact_usd_per_unit
union all
select
    'none' as price_row,
    'price_modifiers.csv: no product was compared' as message
where not exists (select 1 from products)
