{%- set sheet = [
    "price_book", "provider_id", "model_id", "service_tier", "region_class", "context_tokens_from",
    "context_tokens_to", "week_minute_from", "week_minute_to", "valid_from", "valid_to",
] -%}

with sheets as (

    select * from {{ ref('int_llm_price_sheets') }}

),

meter_prices as (

    select * from {{ ref('int_llm_meter_prices') }}

),

-- Each column of a sheet is a row: the price of one kind of token.
token_prices as (

    {%- for meter, bucket in token_meters().items() %}
    select
        price_sheet_key,
        {{ sheet | join(', ') }},
        '{{ meter }}' as meter,
        {{ bucket.price }} as unit_price,
        {{ bucket.fallback or 'false' }} as is_fallback
    from sheets
    where {{ bucket.price }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

unit_prices as (

    select * from token_prices
    union all
    select
        {{ typed_null('text') }} as price_sheet_key,
        price_book,
        provider_id,
        model_id,
        service_tier,
        region_class,
        cast(0 as bigint) as context_tokens_from,
        cast(9223372036854775807 as bigint) as context_tokens_to,
        0 as week_minute_from,
        10080 as week_minute_to,
        valid_from,
        valid_to,
        meter,
        unit_price,
        false as is_fallback
    from meter_prices

)

select * from unit_prices
