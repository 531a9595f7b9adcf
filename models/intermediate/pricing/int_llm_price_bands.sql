{%- set period = [
    "price_book", "provider_id", "model_id", "service_tier", "valid_from", "valid_to",
] -%}

with periods as (

    select * from {{ ref('int_llm_price_periods') }}

),

prices as (

    select * from {{ ref('int_llm_price_period_prices') }}

),

thresholds as (

    select
        {{ period | join(', ') }},
        cast(context_tokens_from as bigint) as context_tokens_from
    from prices
    union
    select
        {{ period | join(', ') }},
        cast(0 as bigint) as context_tokens_from
    from periods

),

bands as (

    select
        *,
        coalesce(
            lead(context_tokens_from) over (
                partition by {{ period | join(', ') }} order by context_tokens_from
            ),
            9223372036854775807
        ) as context_tokens_to
    from thresholds

)

select * from bands
