-- Invariant: a factor is of a known model and book, believable, alone on its day, and its product
-- with every list price has at most 15 decimals.
-- Guards fct_llm_charges_daily: a rounded unit price would be wrong on every token, for ever.

with factors as (

    select
        *,
        'price_factors.csv: ' || coalesce(price_book, '(no book)') || '/' || provider_id || '/'
        || model_id || ' from ' || cast(valid_from as {{ dbt.type_string() }}) as place
    from {{ ref('stg_billing__price_factors') }}

),

currencies as (

    select
        price_book,
        max(billing_currency) as billing_currency
    from {{ ref('stg_billing__price_agreements') }}
    group by price_book

),

models as (

    select * from {{ ref('stg_pricing__llm_models') }}

),

followed as (

    select
        place,
        valid_to,
        lead(valid_from) over (
            partition by price_book, provider_id, model_id order by valid_from, factor
        ) as next_from
    from factors

),

products as (

    select
        factors.place,
        prices.usd_per_unit * cast(factors.factor as {{ type_price_factor() }}) as exact_price,
        cast(
            prices.usd_per_unit * cast(factors.factor as {{ type_price_factor() }})
            as {{ type_unit_price() }}
        ) as unit_price
    from factors
    inner join {{ ref('int_llm_prices_modified') }} as prices
        on
            factors.provider_id in ('*', prices.provider_id)
            and factors.model_id in ('*', prices.model_id)
            and {{ is_list_book('prices.price_book') }}
            and prices.valid_to > cast(factors.valid_from as timestamp)
            and prices.valid_from < cast(factors.valid_to as timestamp)

)

select
    place,
    place || ': write the book as contract:<name> or resale:<name>' as message
from factors
where {{ price_book_kind('price_book') }} is null
union all
select
    factors.place,
    factors.place || ': llm_models.csv has no such model; mend the spelling, or write *' as message
from factors
left join models
    on
        factors.provider_id in ('*', models.provider_id)
        and factors.model_id in ('*', models.model_id)
where models.model_id is null or (factors.provider_id = '*' and factors.model_id != '*')
union all
select
    factors.place,
    factors.place || ': the factor is ' || cast(factors.factor as {{ dbt.type_string() }})
    || '; 0.9 is ten per cent off, 1.2 a mark-up of a fifth' as message
from factors
left join currencies
    on factors.price_book = currencies.price_book
where
    factors.factor <= 0
    or (
        coalesce(currencies.billing_currency, 'USD') = 'USD'
        and (factors.factor > 10 or factors.factor < cast(0.05 as {{ type_price_factor() }}))
    )
union all
select
    place,
    place || ': valid_to is not after valid_from' as message
from factors
where valid_to <= valid_from
union all
select
    place,
    place || ': it still holds on ' || cast(next_from as {{ dbt.type_string() }})
    || ', when the next one starts; set its valid_to to that day' as message
from followed
where next_from < valid_to
union all
select distinct
    place,
    place || ': times a list price it has more than 15 decimals; take a factor with fewer, or '
    || 'write the prices into llm_prices.csv' as message
from products
where unit_price != exact_price
