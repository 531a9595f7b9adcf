-- Invariant: the sheets of a model, tier and region fill all time, the whole week and every size.
-- Guards fct_llm_usage: usage that falls between two sheets would look like an unknown model.
-- Disjoint sheets fill the box exactly when their volumes add up to it.

with sheets as (

    select * from {{ ref('int_llm_price_sheets') }}

),

volumes as (

    select
        price_book || '/' || provider_id || '/' || model_id || '/' || service_tier || '/'
        || region_class as sheet_name,
        cast(
            sum(
                cast({{ dbt.datediff("valid_from", "valid_to", "second") }} as decimal(12, 0))
                * cast(week_minute_to - week_minute_from as decimal(5, 0))
                * cast(context_tokens_to - context_tokens_from as decimal(19, 0))
            ) as decimal(38, 0)
        ) as volume,
        cast(
            {{ dbt.datediff("cast('1970-01-01' as timestamp)", end_of_time(), "second") }}
            as decimal(12, 0)
        ) * cast(10080 as decimal(5, 0)) * cast(9223372036854775807 as decimal(19, 0)) as full_volume
    from sheets
    group by price_book, provider_id, model_id, service_tier, region_class

)

select
    sheet_name,
    'int_llm_price_sheets: ' || sheet_name || ' does not fill all time, week and request size' as message
from volumes
where volume != full_volume
union all
select
    'none' as sheet_name,
    'int_llm_price_sheets: no sheet was compared' as message
where not exists (select 1 from volumes)
