-- Invariant: no two sheets of a model hold the same instant, week minute and request size.
-- Guards fct_llm_usage: overlapping sheets would double attempts, and their cost.

with sheets as (

    select * from {{ ref('int_llm_price_sheets') }}

)

select
    earlier.price_sheet_key,
    'int_llm_price_sheets: ' || earlier.price_book || '/' || earlier.provider_id || '/'
    || earlier.model_id || '/' || earlier.service_tier || '/' || earlier.region_class
    || ' has two sheets from ' || cast(later.valid_from as {{ dbt.type_string() }}) as message
from sheets as earlier
inner join sheets as later
    on
        earlier.price_book = later.price_book
        and earlier.provider_id = later.provider_id
        and earlier.model_id = later.model_id
        and earlier.service_tier = later.service_tier
        and earlier.region_class = later.region_class
        and earlier.price_sheet_key < later.price_sheet_key
        and earlier.valid_from < later.valid_to
        and earlier.valid_to > later.valid_from
        and earlier.week_minute_from < later.week_minute_to
        and earlier.week_minute_to > later.week_minute_from
        and earlier.context_tokens_from < later.context_tokens_to
        and earlier.context_tokens_to > later.context_tokens_from
union all
select
    'none' as price_sheet_key,
    'int_llm_price_sheets: no sheet was compared' as message
where not exists (select 1 from sheets)
