-- Invariant: a price key, start and revision stand once.
-- Guards int_llm_prices_revised: of two such rows, which one prices usage would be chance.

with prices as (

    select * from {{ ref('stg_pricing__llm_prices') }}

),

counted as (

    select
        price_row,
        count(*) as row_count
    from prices
    group by price_row

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' stands ' || cast(row_count as {{ dbt.type_string() }})
    || ' times; delete all but one, or give the right one a higher revision' as message
from counted
where row_count > 1
union all
select
    'none' as price_row,
    'llm_prices.csv: no price row was compared' as message
where not exists (select 1 from counted)
