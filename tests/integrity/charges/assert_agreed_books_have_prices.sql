-- Invariant: an agreed book has a price or a factor on every day that it is agreed for.
-- Guards fct_llm_charges_daily: without one, what was negotiated would be charged at list price.

with agreements as (

    select * from {{ ref('stg_billing__price_agreements') }}

),

books as (

    select * from {{ ref('int_agreed_books_dated') }}

),

beside as (

    select
        agreements.*,
        books.price_book as book_with_prices,
        greatest(agreements.valid_from, books.valid_from) as priced_from,
        least(agreements.valid_to, books.valid_to) as priced_to
    from agreements
    left join books
        on
            agreements.price_book = books.price_book
            and agreements.valid_from < books.valid_to
            and agreements.valid_to > books.valid_from

),

-- Engines differ on the greater of a date and NULL.
days as (

    select
        *,
        {{ dbt.datediff('valid_from', 'valid_to', 'day') }} as agreed_days, -- noqa: LT05
        case
            when book_with_prices is null then 0
            else {{ dbt.datediff('priced_from', 'priced_to', 'day') }} -- noqa: LT05
        end as priced_days
    from beside

),

covered as (

    select
        price_book,
        holder_type,
        holder_id,
        tenant_id,
        valid_from,
        valid_to,
        max(agreed_days) as agreed_days,
        sum(priced_days) as priced_days
    from days
    group by price_book, holder_type, holder_id, tenant_id, valid_from, valid_to

)

select
    price_book,
    'price_agreements.csv: ' || price_book || ' is agreed with ' || coalesce(holder_id, '(empty)')
    || ' from ' || cast(valid_from as {{ dbt.type_string() }}) || ', but on some day until '
    || cast(valid_to as {{ dbt.type_string() }})
    || ' it has no price; add its rows to llm_prices.csv or price_factors.csv' as message
from covered
where priced_days < agreed_days
