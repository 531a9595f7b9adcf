-- Invariant: a price is 0 only where its model is marked free, or where somebody agreed on it.
-- Guards int_llm_prices_revised: a price that was lost on the way would make usage look free.

with prices as (

    select * from {{ ref('stg_pricing__llm_prices') }}
    where status != 'cancelled'

),

models as (

    select * from {{ ref('stg_pricing__llm_models') }}

),

marked as (

    select
        prices.price_row,
        prices.price_book,
        prices.usd_per_unit,
        prices.provider_id || '/' || prices.model_id as llm_id,
        coalesce(models.is_free, false) as is_free
    from prices
    left join models
        on
            prices.provider_id = models.provider_id
            and prices.model_id = models.model_id

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' is 0, but ' || llm_id || ' is not marked free; put the '
    || 'price right, or, if it costs nothing, set is_free in llm_models.csv' as message
from marked
where usd_per_unit = 0 and not is_free and {{ price_book_kind('price_book') }} is null
union all
select
    'none' as price_row,
    'llm_prices.csv: no price row was compared' as message
where not exists (select 1 from marked)
