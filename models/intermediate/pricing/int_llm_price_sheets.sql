{{ config(materialized=in_place('table')) }}

{%- set grain = [
    "price_book", "provider_id", "model_id", "service_tier", "region_class", "context_tokens_from",
    "context_tokens_to", "week_minute_from", "week_minute_to", "valid_from", "valid_to",
] -%}
{%- set prices = [
    "input_price", "cache_read_input_price", "cache_write_5m_input_price",
    "cache_write_1h_input_price", "audio_input_price", "output_price", "reasoning_output_price",
    "audio_output_price",
] -%}
{%- set femto_prices = prices | map("replace", "_price", "_price_femto") | list -%}
{%- set flags = [
    "is_cache_read_fallback", "is_cache_write_5m_fallback", "is_cache_write_1h_fallback",
    "is_reasoning_fallback",
] -%}

with cells as (

    select * from {{ ref('int_llm_price_cells_priced') }}

),

with_fallbacks as (

    select
        {{ grain | join(',\n        ') }},
        input_price,
        coalesce(cache_read_price, input_price) as cache_read_input_price,
        coalesce(cache_write_5m_price, input_price) as cache_write_5m_input_price,
        coalesce(cache_write_1h_price, cache_write_5m_price, input_price)
            as cache_write_1h_input_price,
        input_audio_price as audio_input_price,
        output_price,
        coalesce(reasoning_price, output_price) as reasoning_output_price,
        output_audio_price as audio_output_price,
        cache_read_price is null and input_price is not null as is_cache_read_fallback,
        cache_write_5m_price is null and input_price is not null as is_cache_write_5m_fallback,
        cache_write_1h_price is null and coalesce(cache_write_5m_price, input_price) is not null
            as is_cache_write_1h_fallback,
        reasoning_price is null and output_price is not null as is_reasoning_fallback
    from cells

),

femto_dollars as (

    select
        *,
        {%- for price in prices %}
        {{ femto_dollars(price) }} as {{ price }}_femto
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from with_fallbacks

),

-- The end of a sheet stands outside its key: a price that ends leaves what it priced as it is.
sheets as (

    select
        {{ stable_key(grain[:-1] + femto_prices + flags) }} as price_sheet_key,
        {{ (grain + prices + flags) | join(',\n        ') }}
    from femto_dollars

)

select * from sheets
