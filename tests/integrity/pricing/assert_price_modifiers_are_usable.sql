-- Invariant: a factor for a region is of a book with prices, believable, and alone at any instant.
-- Guards int_llm_prices_modified: of two factors, which one prices usage would be chance, and a
-- slip would raise every price of a region.

with modifiers as (

    select
        *,
        'price_modifiers.csv: ' || price_book || '/' || provider_id || '/' || model_id || ' in '
        || dimension_value || ' from ' || cast(valid_from as {{ dbt.type_string() }}) as place
    from {{ ref('stg_pricing__price_modifiers') }}

),

books as (

    select distinct price_book from {{ ref('stg_pricing__llm_prices') }}

),

followed as (

    select
        place,
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by price_book, provider_id, model_id, dimension, dimension_value
            order by valid_from, factor
        ) as next_from
    from modifiers

)

select
    place,
    place || ' still holds when the next one starts; set its valid_to to '
    || cast(next_from as {{ dbt.type_string() }}) as message
from followed
where next_from < valid_to
union all
select
    place,
    place || ' ends before it starts; mend valid_to' as message
from followed
where valid_to <= valid_from
union all
select
    place,
    place || ' multiplies by ' || cast(factor as {{ dbt.type_string() }})
    || '; 1.1 is a tenth more, and none is known below 0.5 or above 3' as message
from modifiers
where factor < cast(0.5 as {{ type_price_factor() }}) or factor > 3
union all
select
    modifiers.place,
    modifiers.place || ' is of a book without prices; mend the spelling' as message
from modifiers
left join books
    on modifiers.price_book = books.price_book
where books.price_book is null
union all
select
    place,
    place || ' changes within a day; agreed prices change at 00:00 UTC' as message
from modifiers
where
    {{ price_book_kind('price_book') }} is not null
    and (
        cast(cast(valid_from as date) as timestamp) != valid_from
        or cast(cast(valid_to as date) as timestamp) != valid_to
    )
union all
select
    'none' as place,
    'price_modifiers.csv: no factor was compared' as message
where not exists (select 1 from modifiers)
