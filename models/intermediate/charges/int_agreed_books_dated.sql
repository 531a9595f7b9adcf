{{ config(materialized=in_place('table')) }}

with prices as (

    select * from {{ ref('int_llm_prices_modified') }}

),

factors as (

    select * from {{ ref('stg_billing__price_factors') }}

),

said as (

    select
        price_book,
        {{ stable_key(['price_row', femto_dollars('usd_per_unit')]) }} as what_is_said,
        cast(valid_from as date) as valid_from,
        cast(valid_to as date) as valid_to
    from prices
    where {{ price_book_kind('price_book') }} is not null
    union all
    select
        price_book,
        {{ stable_key(['provider_id', 'model_id', ten_thousandths('factor')]) }} as what_is_said,
        valid_from,
        valid_to
    from factors

),

instants as (

    select
        price_book,
        valid_from as cut_on
    from said
    union
    select
        price_book,
        valid_to as cut_on
    from said

),

periods as (

    select
        price_book,
        cut_on as valid_from,
        lead(cut_on) over (partition by price_book order by cut_on) as valid_to
    from instants

),

hashed as (

    select
        periods.price_book,
        periods.valid_from,
        periods.valid_to,
        {{ dbt.hash(joined_texts('said.what_is_said')) }} as book_hash
    from periods
    inner join said
        on
            periods.price_book = said.price_book
            and periods.valid_from >= said.valid_from
            and periods.valid_to <= said.valid_to
    group by periods.price_book, periods.valid_from, periods.valid_to

)

select * from hashed
