{{ config(materialized=in_place('table')) }}

{% set meter = ['price_book', 'provider_id', 'model_id', 'meter', 'service_tier'] %}

with built as (

    {{ prices_as_built() }}

),

sheets as (

    select * from {{ ref('int_llm_price_sheets') }}

),

built_meters as (

    {{ meters_as_built(meter) }}

),

-- Priced by a run that ended before its facts were written.
meters_ahead as (

    {{ dates_ahead_of_facts('int_llm_usage_meters', 'meter_price_changed') }}

),

meter_prices as (

    select * from {{ ref('int_llm_meter_prices') }}

),

names as (

    select * from {{ ref('int_llm_names_resolved') }}

),

providers as (

    select * from {{ ref('stg_pricing__llm_provider_aliases') }}

),

-- A sheet's key follows from what it says, so a price that changed is a key that is gone.
price_gone as (

    select
        built.usage_date,
        'price_changed' as restatement_reason
    from built
    left join sheets
        on built.price_sheet_key = sheets.price_sheet_key
    where
        built.price_sheet_key is not null
        and (sheets.price_sheet_key is null or built.last_usage_at >= sheets.valid_to)

),

price_found as (

    select
        built.usage_date,
        'price_found' as restatement_reason
    from built
    inner join sheets
        on
            built.price_book = sheets.price_book
            and built.provider_id = sheets.provider_id
            and built.model_id = sheets.model_id
            and built.service_tier = sheets.service_tier
            and built.region = sheets.region_class
            and built.last_usage_at >= sheets.valid_from
            and built.first_usage_at < sheets.valid_to
    where built.price_sheet_key is null

),

name_changed as (

    select
        built.usage_date,
        'name_changed' as restatement_reason
    from built
    left join names
        on
            lower(coalesce(built.provider_name, 'unattributed')) = names.provider_name
            and {{ catalogue_name('built.reported_model') }} = names.model_name
            and built.last_usage_at >= names.valid_from
            and built.first_usage_at < names.valid_to
    left join providers
        on lower(coalesce(built.provider_name, 'unattributed')) = providers.provider_name
    where
        built.provider_id <> coalesce(
            names.provider_id,
            providers.provider_id,
            lower(coalesce(built.provider_name, 'unattributed'))
        )
        or built.model_id <> coalesce(
            names.model_id, {{ catalogue_name('built.reported_model') }}, 'unattributed'
        )

),

meter_repriced as (

    select
        built_meters.usage_date,
        'meter_price_changed' as restatement_reason
    from built_meters
    left join meter_prices
        on
            {{ equal_on('built_meters', 'meter_prices', meter) }}
            and built_meters.region = meter_prices.region_class
            and built_meters.usage_at >= meter_prices.valid_from
            and built_meters.usage_at < meter_prices.valid_to
    where built_meters.unit_price is distinct from meter_prices.unit_price

),

dates as (

    select * from price_gone
    union
    select * from price_found
    union
    select * from name_changed
    union
    select * from meter_repriced
    union
    select * from meters_ahead

)

select * from dates
