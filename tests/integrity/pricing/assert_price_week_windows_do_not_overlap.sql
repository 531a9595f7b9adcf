-- Invariant: two week windows of one component never hold the same minute at the same time.
-- Guards int_llm_price_cells_priced: of two such windows, which one prices usage would be chance.

with windows as (

    select
        prices.*,
        windows.week_minute_from,
        windows.week_minute_to
    from {{ ref('int_llm_prices_revised') }} as prices
    inner join {{ ref('int_llm_price_week_windows') }} as windows
        on prices.price_row = windows.price_row

)

select
    earlier.price_row,
    'llm_prices.csv: the week windows of ' || earlier.price_row || ' and ' || later.price_row
    || ' overlap; mend dow, tod_from or tod_to of one of them' as message
from windows as earlier
inner join windows as later
    on
        earlier.price_book = later.price_book
        and earlier.provider_id = later.provider_id
        and earlier.model_id = later.model_id
        and earlier.component = later.component
        and earlier.service_tier = later.service_tier
        and earlier.region_class = later.region_class
        and earlier.context_tokens_from = later.context_tokens_from
        and earlier.price_row < later.price_row
        and earlier.valid_from < later.valid_to
        and earlier.valid_to > later.valid_from
        and earlier.week_minute_from < later.week_minute_to
        and earlier.week_minute_to > later.week_minute_from
union all
select
    'none' as price_row,
    'llm_prices.csv: no week window was compared' as message
where not exists (select 1 from windows)
