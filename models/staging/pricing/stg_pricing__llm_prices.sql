with source as (

    select * from {{ ref('llm_prices') }}

),

keyed as (

    select
        *,
        coalesce(dow || '@' || tod_from || '-' || tod_to, 'always') as week_window,
        price_book || '/' || provider_id || '/' || model_id || '/' || component || '/'
        || service_tier || '/' || region_class || '/' || ctx_min || '/'
        || coalesce(dow || '@' || tod_from || '-' || tod_to, 'always') as price_key
    from source

),

renamed as (

    select
        price_key || '/' || cast(valid_from as {{ dbt.type_string() }}) || '/r' || revision
            as price_row,
        price_key,
        price_book,
        provider_id,
        model_id,
        component,
        service_tier,
        region_class,
        ctx_min as context_tokens_from,
        week_window,
        dow,
        tod_from,
        tod_to,
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        usd_per_unit,
        quoted_price,
        per,
        currency,
        status,
        source,
        source_ref,
        checked_on,
        revision,
        recorded_on,
        confidence
    from keyed

)

select * from renamed
