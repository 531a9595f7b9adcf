with prices as (

    {{ source_rows('synapscale', 'int_synapscale_prices_dated', {
        'provider_id': 'text',
        'model_id': 'text',
        'valid_from': 'timestamp',
        'valid_to': 'timestamp',
        'app_llm_id': 'text',
        'input_price': type_unit_price(),
        'output_price': type_unit_price(),
        '_loaded_at': 'timestamp',
    }) }}

),

components as (

    select
        *,
        'input' as component,
        input_price as usd_per_unit
    from prices
    union all
    select
        *,
        'output' as component,
        output_price as usd_per_unit
    from prices

),

keyed as (

    select
        *,
        'app/' || provider_id || '/' || model_id || '/' || component || '/standard/*/0/always'
            as price_key
    from components

),

-- The application bills single tokens, every request alike.
app_prices as (

    select
        price_key || '/' || cast(valid_from as {{ dbt.type_string() }}) || '/r1' as price_row,
        price_key,
        'app' as price_book,
        provider_id,
        model_id,
        component,
        'standard' as service_tier,
        '*' as region_class,
        cast(0 as bigint) as context_tokens_from,
        'always' as week_window,
        {{ typed_null('text') }} as dow,
        {{ typed_null('text') }} as tod_from,
        {{ typed_null('text') }} as tod_to,
        valid_from,
        valid_to,
        usd_per_unit,
        usd_per_unit as quoted_price,
        cast(1 as integer) as per,
        'USD' as currency,
        'active' as status,
        'synapscale' as source,
        app_llm_id as source_ref,
        cast(_loaded_at as date) as checked_on,
        cast(1 as integer) as revision,
        cast(_loaded_at as date) as recorded_on,
        'observed' as confidence
    from keyed

)

select * from app_prices
