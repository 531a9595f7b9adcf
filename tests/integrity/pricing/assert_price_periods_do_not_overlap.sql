-- Invariant: at any instant at most one period of a price key applies.
-- Guards int_llm_price_sheets: of two overlapping periods, which one prices usage would be chance.

with prices as (

    select * from {{ ref('int_llm_prices_revised') }}

),

followed as (

    select
        price_row,
        valid_from,
        valid_to,
        lead(price_row) over (partition by price_key order by valid_from, price_row) as next_row,
        lead(valid_from) over (partition by price_key order by valid_from, price_row) as next_from
    from prices

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' still applies when ' || next_row
    || ' starts; set its valid_to to ' || cast(next_from as {{ dbt.type_string() }})
    || ', or make the later row a revision of it' as message
from followed
where next_from < valid_to
union all
select
    price_row,
    'llm_prices.csv: ' || price_row || ' ends before it starts; mend valid_to' as message
from followed
where valid_to <= valid_from
union all
select
    'none' as price_row,
    'llm_prices.csv: no price row was compared' as message
where not exists (select 1 from followed)
