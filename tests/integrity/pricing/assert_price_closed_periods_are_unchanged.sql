-- Invariant: every closed period has a hash, and still says what it said when it was closed.
-- Guards past invoices: an edited closed price changes what was billed without leaving a trace.

with closed_once as (

    select * from {{ ref('llm_price_hashes') }}

),

prices as (

    select
        price_row,
        valid_to,
        {{ dbt.hash(
            "price_row || '|' || cast(valid_to as " ~ dbt.type_string() ~ ") || '|' || cast("
            ~ femto_dollars("usd_per_unit") ~ " as " ~ dbt.type_string()
            ~ ") || '|' || currency || '|' || status"
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

),

unhashed as (

    select
        prices.price_row,
        prices.content_hash
    from prices
    left join closed_once on prices.price_row = closed_once.price_row
    where prices.valid_to < {{ end_of_time() }} and closed_once.price_row is null

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
    price_row,
    'llm_price_hashes.csv: ' || price_row || ' is closed and has no hash; run '
    || 'scripts/refresh_prices.py, or append the line ' || price_row || ',' || content_hash
        as message
from unhashed
union all
select
    'none' as price_row,
    'llm_price_hashes.csv: no closed period was compared' as message
where not exists (select 1 from compared)
