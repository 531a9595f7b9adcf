{{ config(materialized='table') }}

with usage as (

    select * from {{ ref('int_llm_usage_resolved') }}
    where other_meters is not null

),

entries as (

    {{ json_entries(
        'usage',
        'usage.other_meters',
        prefixed('usage', [
            'usage_key', 'usage_at', 'usage_date', 'price_book', 'provider_id', 'model_id', 'service_tier', 'region',
        ])
    ) }}

),

-- A quantity that is not a whole number stays NULL, and so does its cost.
counted as (

    select
        *,
        lower(trim(entry_name)) as meter,
        {{ try_decimal('entry_value', 'decimal(28, 9)') }} as reported_quantity
    from entries

),

whole as (

    select
        *,
        case
            when reported_quantity >= 0 and reported_quantity = floor(reported_quantity)
                then cast(reported_quantity as bigint)
        end as whole_quantity
    from counted

),

metered as (

    select
        usage_key,
        meter,
        usage_at,
        usage_date,
        price_book,
        provider_id,
        model_id,
        service_tier,
        region,
        case when count(*) = count(whole_quantity) then cast(sum(whole_quantity) as bigint) end
            as quantity
    from whole
    group by
        usage_key,
        meter,
        usage_at,
        usage_date,
        price_book,
        provider_id,
        model_id,
        service_tier,
        region

),

prices as (

    select * from {{ ref('int_llm_meter_prices') }}

),

priced as (

    select
        metered.usage_key,
        metered.meter,
        metered.usage_date,
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

)

select * from priced
