-- Invariant: an agreed book has a price or a factor on every day that it is agreed for.
-- Guards fct_llm_charges_daily: without one, what was negotiated would be charged at list price.

with agreements as (

    select * from {{ ref('stg_billing__price_agreements') }}

),

books as (

    select * from {{ ref('int_agreed_books_dated') }}

),

covered as (

    select
        agreements.price_book,
        agreements.holder_id,
        agreements.valid_from,
        agreements.valid_to,
        {{ dbt.datediff('agreements.valid_from', 'agreements.valid_to', 'day') }} as agreed_days,
        coalesce(sum({{ dbt.datediff(
            'greatest(agreements.valid_from, books.valid_from)',
            'least(agreements.valid_to, books.valid_to)',
            'day'
        ) }}), 0) as priced_days
    from agreements
    left join books
        on
            agreements.price_book = books.price_book
            and agreements.valid_from < books.valid_to
            and agreements.valid_to > books.valid_from
    group by
        agreements.price_book, agreements.holder_id, agreements.valid_from, agreements.valid_to

)

select
    price_book,
    'price_agreements.csv: ' || price_book || ' is agreed with ' || coalesce(holder_id, '(empty)')
    || ' from ' || cast(valid_from as {{ dbt.type_string() }}) || ', but on some day until '
    || cast(valid_to as {{ dbt.type_string() }})
    || ' it has no price; add its rows to llm_prices.csv or price_factors.csv' as message
from covered
where priced_days < agreed_days
