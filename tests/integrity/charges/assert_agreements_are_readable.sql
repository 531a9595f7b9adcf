-- Invariant: an agreement is of a contract or resale book, with one holder, over some days.
-- Guards charge_terms_daily: a row that is misread charges nobody, or the wrong one.

with agreements as (

    select
        *,
        'price_agreements.csv: ' || coalesce(price_book, '(no book)') || ' from '
        || coalesce(cast(valid_from as {{ dbt.type_string() }}), '(no day)') as place
    from {{ ref('stg_billing__price_agreements') }}

)

select
    place,
    place || ': write the book as contract:<name> or resale:<name>' as message
from agreements
where price_book_kind is null
union all
select
    place,
    place || ': fill in a plan, a tenant_id, or a workspace_id with its tenant_id or without'
        as message
from agreements
where (plan is null) = (tenant_id is null and workspace_id is null)
union all
select
    max(place) as place,
    'price_agreements.csv: ' || price_book || ' is agreed in several currencies; a book has one'
        as message
from agreements
group by price_book
having min(billing_currency) != max(billing_currency)
union all
select
    place,
    place || ': a contract is with a tenant or a workspace, not with a plan' as message
from agreements
where price_book_kind = 'contract' and plan is not null
union all
select
    place,
    place || ': a contract is in USD, as what providers charge, not in ' || billing_currency
        as message
from agreements
where price_book_kind = 'contract' and billing_currency != 'USD'
union all
select
    place,
    place || ': ' || billing_currency || ' is no currency; write three letters of ISO 4217'
        as message
from agreements
where
    translate(billing_currency, 'BCDEFGHIJKLMNOPQRSTUVWXYZ', 'AAAAAAAAAAAAAAAAAAAAAAAAA') != 'AAA'
union all
select
    place,
    place || ': valid_to is not after valid_from' as message
from agreements
where valid_to <= valid_from or valid_from is null
