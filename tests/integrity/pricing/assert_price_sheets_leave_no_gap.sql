-- Invariant: the sheets of a model, tier and region fill all time, the whole week and every size.
-- Guards fct_llm_usage: usage that falls between two sheets would look like an unknown model.
-- Disjoint sheets fill the box exactly when their volumes add up to it.

with sheets as (

    select
        price_book || '/' || provider_id || '/' || model_id || '/' || service_tier || '/'
        || region_class as sheet_name,
        {{ dbt.datediff("valid_from", "valid_to", "second") }} as seconds, -- noqa: LT05
        week_minute_to - week_minute_from as week_minutes,
        context_tokens_to - context_tokens_from as context_tokens,
        cast('1970-01-01' as timestamp) as time_from,
        {{ end_of_time() }} as time_to
    from {{ ref('int_llm_price_sheets') }}

),

volumes as (

    select
        sheet_name,
        sum(
            cast(seconds as decimal(12, 0))
            * cast(week_minutes as decimal(5, 0))
            * cast(context_tokens as decimal(19, 0))
        ) as volume,
        cast({{ dbt.datediff("min(time_from)", "max(time_to)", "second") }} as decimal(12, 0)) -- noqa: LT05
        * cast(10080 as decimal(5, 0))
        * cast(9223372036854775807 as decimal(19, 0)) as whole_volume
    from sheets
    group by sheet_name

)

select
    sheet_name,
    'int_llm_price_sheets: ' || sheet_name || ' does not fill all time, the week and every size'
        as message
from volumes
where volume != whole_volume
union all
select
    'none' as sheet_name,
    'int_llm_price_sheets: no sheet was compared' as message
where not exists (select 1 from volumes)
