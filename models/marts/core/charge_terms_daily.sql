{% set grain = ['usage_date', 'tenant_id', 'workspace_id'] %}

with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}

),

agreements as (

    select * from {{ ref('int_price_agreements_dated') }}

),

books as (

    select * from {{ ref('int_agreed_books_dated') }}

),

accounts as (

    select * from {{ ref('int_billing_accounts_described') }}

),

days as (

    select distinct {{ grain | join(', ') }}
    from usage_daily

),

holders as (

    select
        *,
        'workspace' as holder_type,
        workspace_id as holder_id
    from days
    union all
    select
        *,
        'tenant' as holder_type,
        tenant_id as holder_id
    from days

),

-- A workspace's own agreement stands before its tenant's, both before the plan's.
ranked as (

    select
        {{ prefixed('holders', grain) | join(', ') }},
        agreements.price_book_kind,
        agreements.price_book,
        agreements.billing_currency,
        row_number() over (
            partition by {{ prefixed('holders', grain) | join(', ') }}, agreements.price_book_kind
            order by agreements.agreement_rank, agreements.price_book
        ) as agreement_rank
    from holders
    inner join agreements
        on
            holders.holder_type = agreements.holder_type
            and holders.holder_id = agreements.holder_id
            and holders.usage_date >= agreements.valid_from
            and holders.usage_date < agreements.valid_to
            and coalesce(agreements.tenant_id, holders.tenant_id) = holders.tenant_id

),

agreed as (

    select
        {{ prefixed('ranked', grain) | join(', ') }},
        max(case when ranked.price_book_kind = 'contract' then ranked.price_book end)
            as contract_book,
        max(case when ranked.price_book_kind = 'contract' then books.book_hash end)
            as contract_hash,
        max(case when ranked.price_book_kind = 'resale' then ranked.price_book end)
            as resale_book,
        max(case when ranked.price_book_kind = 'resale' then books.book_hash end) as resale_hash,
        max(case when ranked.price_book_kind = 'resale' then ranked.billing_currency end)
            as billing_currency
    from ranked
    left join books
        on
            ranked.price_book = books.price_book
            and ranked.usage_date >= books.valid_from
            and ranked.usage_date < books.valid_to
    where ranked.agreement_rank = 1
    group by {{ prefixed('ranked', grain) | join(', ') }}

),

final as (

    select
        {{ stable_key(prefixed('days', grain)) }} as charge_terms_daily_key,
        {{ prefixed('days', grain) | join(', ') }},
        agreed.contract_book,
        agreed.resale_book,
        coalesce(agreed.billing_currency, 'USD') as billing_currency,
        accounts.billing_timezone,
        {{ stable_key([
            'agreed.contract_book', 'agreed.contract_hash', 'agreed.resale_book',
            'agreed.resale_hash', 'agreed.billing_currency', 'accounts.billing_timezone',
        ]) }} as charge_terms_key
    from days
    left join agreed on {{ equal_on('days', 'agreed', grain) }}
    left join accounts on days.tenant_id = accounts.billing_account_id
    where
        agreed.contract_book is not null
        or agreed.resale_book is not null
        or accounts.billing_timezone is not null

)

select * from final
