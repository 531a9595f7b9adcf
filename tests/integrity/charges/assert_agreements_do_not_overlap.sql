-- Invariant: on any day a holder has at most one contract book and one resale book of its own.
-- Guards charge_terms_daily: of two books, which one charges usage would be chance.

with agreements as (

    select * from {{ ref('stg_billing__price_agreements') }}

),

followed as (

    select
        *,
        lead(price_book) over in_order as next_book,
        lead(valid_from) over in_order as next_from
    from agreements
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
union all
select
    in_every_tenant.price_book,
    'price_agreements.csv: ' || in_every_tenant.price_book || ' with the workspace '
    || in_every_tenant.holder_id || ' of any tenant holds beside ' || of_one_tenant.price_book
    || ' with that of ' || of_one_tenant.tenant_id || '; fill in its tenant_id' as message
from agreements as in_every_tenant
inner join agreements as of_one_tenant
    on
        {{ equal_on('in_every_tenant', 'of_one_tenant', ['price_book_kind', 'holder_id']) }}
        and in_every_tenant.valid_from < of_one_tenant.valid_to
        and in_every_tenant.valid_to > of_one_tenant.valid_from
where
    in_every_tenant.holder_type = 'workspace'
    and of_one_tenant.holder_type = 'workspace'
    and in_every_tenant.tenant_id is null
    and of_one_tenant.tenant_id is not null
