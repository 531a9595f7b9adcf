-- Invariant: every period that was once closed still says what it said when it was closed.
-- Guards past invoices: an edited closed price changes what was billed without leaving a trace.

with closed_once as (

    select * from {{ ref('llm_price_hashes') }}

),

prices as (

    select
        price_row,
        {{ dbt.hash(
            "price_row || '|' || cast(valid_to as " ~ dbt.type_string() ~ ") || '|' || cast(cast("
            ~ "usd_per_unit * cast(1000000000000000 as decimal(19, 0)) as bigint) as "
            ~ dbt.type_string() ~ ") || '|' || currency || '|' || status"
        ) }} as content_hash
    from {{ ref('stg_pricing__llm_prices') }}

),

compared as (

    select
        closed_once.price_row,
        closed_once.content_hash as closed_hash,
        prices.content_hash
    from closed_once
    left join prices on closed_once.price_row = prices.price_row

)

select
    price_row,
    case
        when content_hash is null
            then 'llm_prices.csv: the closed row ' || price_row || ' is gone; put it back'
        else
            'llm_prices.csv: the closed row ' || price_row || ' was edited; put it back, and '
            || 'append the right price with the same key and valid_from and the next revision'
    end as message
from compared
where content_hash is null or content_hash != closed_hash
union all
select
    'none' as price_row,
    'llm_price_hashes.csv: no closed period was compared' as message
where not exists (select 1 from compared)
