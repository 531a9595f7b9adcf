{{ config(materialized=in_place('table')) }}

{%- set sheet = ["price_book", "provider_id", "model_id", "service_tier"] -%}
{%- set tiers = ["standard", "batch", "flex", "priority", "fast", "unknown"] -%}

with prices as (

    select * from {{ ref('int_llm_prices_modified') }}

),

tiers as (

    {%- for tier in tiers %}
    select '{{ tier }}' as service_tier
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- Every tier of a model that the book knows, priced or not.
sheets as (

    select distinct
        prices.price_book,
        prices.provider_id,
        prices.model_id,
        tiers.service_tier
    from prices
    cross join tiers

),

instants as (

    select
        {{ sheet | join(', ') }},
        valid_from as instant
    from prices
    where component_kind = 'token'
    union
    select
        {{ sheet | join(', ') }},
        valid_to as instant
    from prices
    where component_kind = 'token'
    union
    select
        {{ sheet | join(', ') }},
        cast('1970-01-01' as timestamp) as instant
    from sheets
    union
    select
        {{ sheet | join(', ') }},
        {{ end_of_time() }} as instant
    from sheets

),

cut as (

    select
        {{ sheet | join(', ') }},
        instant as valid_from,
        lead(instant) over (partition by {{ sheet | join(', ') }} order by instant) as valid_to
    from instants

),

periods as (

    select * from cut
    where valid_to is not null

)

select * from periods
