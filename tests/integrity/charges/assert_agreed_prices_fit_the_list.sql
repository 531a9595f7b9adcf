-- Invariant: an agreed price is of a listed model, changes at UTC midnight, in the currency of its
-- agreement, and for the list's context bands and week windows.
-- Guards fct_llm_charges_daily, which charges a day's usage at one price for each of the list's.
{% set usage_of = ['provider_id', 'model_id', 'service_tier', 'region_class', 'meter'] %}

with prices as (

    select unioned.*
    from {{ ref('int_llm_prices_unioned') }} as unioned
    inner join {{ ref('int_llm_prices_revised') }} as revised
        on unioned.price_row = revised.price_row
    where {{ price_book_kind('unioned.price_book') }} is not null

),

agreements as (

    select distinct
        price_book,
        billing_currency
    from {{ ref('stg_billing__price_agreements') }}

),

listed as (

    select * from {{ ref('int_llm_unit_prices') }}
    where {{ is_list_book('price_book') }}

),

agreed as (

    select * from {{ ref('int_llm_unit_prices') }}
    where {{ price_book_kind('price_book') }} is not null

),

-- Where the list has no price, nobody knows the band of a day's usage.
banded as (

    select * from agreed
    where context_tokens_from > 0 or week_minute_from > 0

),

-- A gap can only open where the agreed price starts or where one of the list's ends.
instants as (

    select
        price_book,
        {{ usage_of | join(', ') }},
        valid_from as instant
    from banded
    union
    select
        banded.price_book,
        {{ prefixed('banded', usage_of) | join(', ') }},
        listed.valid_to as instant
    from banded
    inner join listed
        on
            {{ equal_on('banded', 'listed', usage_of) }}
            and banded.valid_from < listed.valid_to
            and banded.valid_to > listed.valid_to

),

misfits as (

    select distinct
        agreed.price_book,
        agreed.provider_id,
        agreed.model_id,
        agreed.meter
    from agreed
    inner join listed
        on
            {{ equal_on('agreed', 'listed', usage_of) }}
            and agreed.valid_from < listed.valid_to
            and agreed.valid_to > listed.valid_from
            and agreed.context_tokens_from < listed.context_tokens_to
            and agreed.context_tokens_to > listed.context_tokens_from
            and agreed.week_minute_from < listed.week_minute_to
            and agreed.week_minute_to > listed.week_minute_from
    where
        agreed.context_tokens_from > listed.context_tokens_from
        or agreed.context_tokens_to < listed.context_tokens_to
        or agreed.week_minute_from > listed.week_minute_from
        or agreed.week_minute_to < listed.week_minute_to
    union
    select
        instants.price_book,
        instants.provider_id,
        instants.model_id,
        instants.meter
    from instants
    left join listed
        on
            {{ equal_on('instants', 'listed', usage_of) }}
            and instants.instant >= listed.valid_from
            and instants.instant < listed.valid_to
    where listed.meter is null

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' starts or ends within a day; agreed prices change at '
    || '00:00 UTC' as message
from prices
where
    cast(cast(valid_from as date) as timestamp) != valid_from
    or cast(cast(valid_to as date) as timestamp) != valid_to
union all
select
    prices.price_row,
    'llm_prices.csv: ' || prices.price_row || ' is in ' || prices.currency
    || ', its book is agreed in ' || agreements.billing_currency
    || '; mend currency, or price_agreements.csv' as message
from prices
inner join agreements
    on prices.price_book = agreements.price_book
where prices.currency != agreements.billing_currency
union all
select
    prices.price_row,
    'llm_prices.csv: ' || prices.price_row || ' is of a model without a list price; add its rows '
    || 'to the book list first' as message
from prices
left join listed
    on
        prices.provider_id = listed.provider_id
        and prices.model_id = listed.model_id
where listed.model_id is null
union all
select
    price_book || '/' || provider_id || '/' || model_id || '/' || meter as price_row,
    'llm_prices.csv: ' || price_book || '/' || provider_id || '/' || model_id || '/' || meter
    || ' has another ctx_min or another week window than the list has on each of its days; take '
    || 'those of the list, from its valid_from on' as message
from misfits
