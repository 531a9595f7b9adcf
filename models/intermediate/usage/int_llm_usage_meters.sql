{{ config(**restated_by('usage_date')) }}
{{ built_after(['int_usage_dates_restated', 'int_usage_batches_received']) }}

with metered as (

    select * from {{ ref('int_llm_usage_metered') }}
    where {{ is_of_restated_dates() }}

),

prices as (

    select * from {{ ref('int_llm_meter_prices') }}

),

priced as (

    select
        metered.usage_key,
        metered.meter,
        metered.usage_at,
        metered.usage_date,
        metered.price_book,
        metered.provider_id,
        metered.model_id,
        metered.service_tier,
        metered.region,
        metered.quantity,
        prices.unit_price,
        {{ component_cost('metered.quantity', 'prices.unit_price') }} as meter_cost
    from metered
    left join prices
        on
            metered.price_book = prices.price_book
            and metered.provider_id = prices.provider_id
            and metered.model_id = prices.model_id
            and metered.meter = prices.meter
            and metered.service_tier = prices.service_tier
            and metered.region = prices.region_class
            and metered.usage_at >= prices.valid_from
            and metered.usage_at < prices.valid_to

),

final as (

    select
        *,
        {{ new_restated_at() }} as restated_at
    from priced

)

select * from final
