{%- set regions = ["*", "global", "us", "eu", "regional"] -%}

with prices as (

    select * from {{ ref('int_llm_prices_modified') }}
    where component_kind = 'meter'

),

regions as (

    {%- for region in regions %}
    select '{{ region }}' as region_class
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

candidates as (

    select
        prices.price_book,
        prices.provider_id,
        prices.model_id,
        prices.component as meter,
        prices.service_tier,
        regions.region_class,
        prices.valid_from,
        prices.valid_to,
        prices.usd_per_unit as unit_price,
        prices.region_rank,
        min(prices.region_rank) over (
            partition by
                prices.price_book, prices.provider_id, prices.model_id, prices.component,
                prices.service_tier, regions.region_class
        ) as best_region_rank
    from prices
    inner join regions on prices.region_class in (regions.region_class, '*')

),

meter_prices as (

    select
        price_book,
        provider_id,
        model_id,
        meter,
        service_tier,
        region_class,
        valid_from,
        valid_to,
        unit_price
    from candidates
    where region_rank = best_region_rank

)

select * from meter_prices
