-- Invariant: every book that var `list_book_by_source_instance` names, and `list`, has prices.
-- Guards fct_llm_usage: a misspelt book would leave all usage of its source instance unpriced.
-- Mend: correct the var, or add rows with that `price_book` to seeds/pricing/llm_prices.csv.

with books_in_use as (

    select 'list' as price_book
    {% for book in var('list_book_by_source_instance').values() %}
    union
    select '{{ dbt.escape_single_quotes(book) }}' as price_book
    {% endfor %}

),

priced_books as (

    select distinct price_book from {{ ref('int_llm_price_sheets') }}

)

select
    books_in_use.price_book,
    'list_book_by_source_instance: no price has the price_book ' || books_in_use.price_book
    || '; mend the spelling or add its rows to llm_prices.csv' as message
from books_in_use
left join priced_books
    on books_in_use.price_book = priced_books.price_book
where priced_books.price_book is null
