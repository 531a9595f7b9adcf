{{ config(materialized=in_place('table')) }}

{%- set period = [
    "price_book", "provider_id", "model_id", "service_tier", "valid_from", "valid_to",
] -%}

with bands as (

    select * from {{ ref('int_llm_price_bands') }}

),

weeks as (

    select * from {{ ref('int_llm_price_weeks') }}

),

regions as (

    {{ region_classes() }}

),

cells as (

    select
        {{ prefixed('bands', period) | join(',\n        ') }},
        regions.region_class,
        bands.context_tokens_from,
        bands.context_tokens_to,
        weeks.week_minute_from,
        weeks.week_minute_to
    from bands
    inner join weeks
        on
            {%- for column in period[:-1] %}
            bands.{{ column }} = weeks.{{ column }} and
            {%- endfor %}
            bands.valid_to = weeks.valid_to
    cross join regions

)

select * from cells
