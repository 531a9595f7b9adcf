with usage as (

    select * from {{ ref('int_llm_usage_resolved') }}

),

sheets as (

    select * from {{ ref('int_llm_price_sheets') }}

),

meter_costs as (

    select
        usage_key,
        case when count(*) = count(meter_cost) then {{ add_costs(['sum(meter_cost)']) }} end
            as other_meters_cost,
        {{ add_costs(['sum(meter_cost)']) }} as priced_meters_cost
    from {{ ref('int_llm_usage_meters') }}
    group by usage_key

),

-- One equality and three ranges find at most one sheet: a test holds the sheets disjoint.
matched as (

    select
        usage.*,
        usage.output_tokens - usage.reasoning_output_tokens - usage.audio_output_tokens
            as text_output_tokens,
        sheets.price_sheet_key,
        sheets.input_price,
        sheets.cache_read_input_price,
        sheets.cache_write_5m_input_price,
        sheets.cache_write_1h_input_price,
        sheets.audio_input_price,
        sheets.output_price,
        sheets.reasoning_output_price,
        sheets.audio_output_price,
        (usage.cache_read_input_tokens > 0 and sheets.is_cache_read_fallback)
        or (usage.cache_write_5m_input_tokens > 0 and sheets.is_cache_write_5m_fallback)
        or (usage.cache_write_1h_input_tokens > 0 and sheets.is_cache_write_1h_fallback)
        or (usage.reasoning_output_tokens > 0 and sheets.is_reasoning_fallback) as uses_fallback,
        case
            when meter_costs.usage_key is null then {{ zero_cost() }}
            else meter_costs.other_meters_cost
        end as other_meters_cost,
        meter_costs.priced_meters_cost
    from usage
    left join sheets
        on
            usage.price_book = sheets.price_book
            and usage.provider_id = sheets.provider_id
            and usage.model_id = sheets.model_id
            and usage.service_tier = sheets.service_tier
            and usage.region = sheets.region_class
            and usage.input_tokens >= sheets.context_tokens_from
            and usage.input_tokens < sheets.context_tokens_to
            and usage.week_minute >= sheets.week_minute_from
            and usage.week_minute < sheets.week_minute_to
            and usage.usage_at >= sheets.valid_from
            and usage.usage_at < sheets.valid_to
    left join meter_costs
        on usage.usage_key = meter_costs.usage_key

)

select * from matched
