-- Invariant: on any day a holder has at most one contract book and one resale book of its own.
-- Guards charge_terms_daily: of two books, which one charges usage would be chance.

with followed as (

    select
        *,
        lead(price_book) over in_order as next_book,
        lead(valid_from) over in_order as next_from
    from {{ ref('stg_billing__price_agreements') }}
    window in_order as (
        partition by price_book_kind, holder_type, holder_id, tenant_id
        order by valid_from, price_book
    )

)

select
    price_book,
    'price_agreements.csv: ' || price_book || ' with the ' || holder_type || ' ' || holder_id
    || ' still holds on ' || cast(next_from as {{ dbt.type_string() }}) || ', when ' || next_book
    || ' starts; set its valid_to to that day' as message
from followed
where next_from < valid_to
