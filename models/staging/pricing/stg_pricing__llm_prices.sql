with source as (

    select * from {{ ref('llm_prices') }}

),

named as (

    select
        *,
        case
            when dow is null and tod_from is null then 'always'
            else
                coalesce(dow, '') || '@' || coalesce(tod_from, '') || '-' || coalesce(tod_to, '')
        end as week_window,
        coalesce(dow, '1-7') as weekdays,
        coalesce(tod_from, '00:00') as day_from,
        coalesce(tod_to, '24:00') as day_to
    from source

),

renamed as (

    select
        ---------- ids
        price_book || '/' || provider_id || '/' || model_id || '/' || component || '/'
        || service_tier || '/' || region_class || '/' || ctx_min || '/' || week_window
            as price_key,
        price_book,
        provider_id,
        model_id,
        component,
        service_tier,
        region_class,
        ctx_min as context_tokens_from,
        ---------- time
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        week_window,
        cast(substring(weekdays, 1, 1) as integer) as weekday_from,
        cast(substring(weekdays, length(weekdays), 1) as integer) as weekday_to,
        cast(substring(day_from, 1, 2) as integer) * 60
        + cast(substring(day_from, 4, 2) as integer) as day_minute_from,
        cast(substring(day_to, 1, 2) as integer) * 60
        + cast(substring(day_to, 4, 2) as integer) as day_minute_to,
        ---------- price
        usd_per_unit,
        quoted_price,
        per,
        currency,
        ---------- provenance
        status,
        source,
        source_ref,
        checked_on,
        revision,
        recorded_on,
        confidence
    from named

)

select
    *,
    price_key || '/' || cast(valid_from as {{ dbt.type_string() }}) || '/r' || revision as price_row
from renamed
