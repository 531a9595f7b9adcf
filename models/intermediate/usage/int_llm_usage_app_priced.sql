{% set sheet = [
    'provider_id', 'model_id', 'service_tier', 'region_class', 'context_tokens_from',
    'context_tokens_to', 'week_minute_from', 'week_minute_to',
] %}

with usage as (

    select * from {{ ref('int_llm_usage_resolved') }}
    where {{ is_one_of('source_system', application_sources()) }}

),

sheets as (

    select
        *,
        lag(input_price) over in_time as previous_input_price,
        lag(output_price) over in_time as previous_output_price
    from {{ ref('int_llm_price_sheets') }}
    where price_book = 'app'
    window in_time as (partition by {{ sheet | join(', ') }} order by valid_from)

),

-- The application knows two prices only: of every token that goes in, of every one that comes out.
costed as (

    select
        usage.usage_key,
        usage.usage_date,
        usage._batch_id,
        sheets.input_price as app_input_price,
        sheets.output_price as app_output_price,
        {{ add_costs([
            token_cost('usage.input_tokens', 'sheets.input_price'),
            token_cost('usage.output_tokens', 'sheets.output_price'),
        ]) }} as app_cost,
        {{ add_costs([
            token_cost('usage.input_tokens', 'sheets.previous_input_price'),
            token_cost('usage.output_tokens', 'sheets.previous_output_price'),
        ]) }} as previous_app_cost
    from usage
    left join sheets
        on
            usage.provider_id = sheets.provider_id
            and usage.model_id = sheets.model_id
            and usage.service_tier = sheets.service_tier
            and usage.region = sheets.region_class
            and usage.input_tokens >= sheets.context_tokens_from
            and usage.input_tokens < sheets.context_tokens_to
            and usage.week_minute >= sheets.week_minute_from
            and usage.week_minute < sheets.week_minute_to
            and usage.usage_at >= sheets.valid_from
            and usage.usage_at < sheets.valid_to

)

select * from costed
