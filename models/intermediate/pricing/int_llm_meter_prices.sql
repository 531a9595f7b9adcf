{%- set key = ["price_book", "provider_id", "model_id", "service_tier", "meter", "region_class"] -%}

with prices as (

    select * from {{ ref('int_llm_prices_modified') }}
    where component_kind = 'meter'

),

regions as (

    {{ region_classes() }}

),

candidates as (

    select
        {{ prefixed('prices', key[:4]) | join(', ') }},
        prices.component as meter,
        regions.region_class,
        {{ prefixed('prices', ['price_row', 'region_rank']) | join(', ') }},
        {{ prefixed('prices', ['valid_from', 'valid_to', 'usd_per_unit']) | join(', ') }}
    from prices
    inner join regions on prices.region_class in (regions.region_class, '*')

),

instants as (

    select {{ (key + ['valid_from as instant']) | join(', ') }}
    from candidates
    union
    select {{ (key + ['valid_to as instant']) | join(', ') }}
    from candidates

),

-- Cut at every start and end: a price applies throughout a period or not at all.
periods as (

    select
        {{ key | join(', ') }},
        instant as valid_from,
        lead(instant) over (partition by {{ key | join(', ') }} order by instant) as valid_to
    from instants

),

ranked as (

    select
        {{ prefixed('periods', key + ['valid_from', 'valid_to']) | join(', ') }},
        candidates.usd_per_unit as unit_price,
        row_number() over (
            partition by {{ prefixed('periods', key + ['valid_from']) | join(', ') }}
            order by candidates.region_rank asc, candidates.price_row asc
        ) as price_rank
    from periods
    inner join candidates
        on
            {%- for column in key %}
            periods.{{ column }} = candidates.{{ column }} and
            {%- endfor %}
            periods.valid_from >= candidates.valid_from
            and periods.valid_to <= candidates.valid_to

),

meter_prices as (

    select {{ (key + ['valid_from', 'valid_to', 'unit_price']) | join(', ') }}
    from ranked
    where price_rank = 1

)

select * from meter_prices
