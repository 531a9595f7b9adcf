{%- set period = [
    "price_book", "provider_id", "model_id", "service_tier", "valid_from", "valid_to",
] -%}
{%- set cell = period + [
    "region_class", "context_tokens_from", "context_tokens_to",
    "week_minute_from", "week_minute_to",
] -%}
{%- set components = [
    "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "output", "reasoning",
    "output_audio",
] -%}

with cells as (

    select * from {{ ref('int_llm_price_cells') }}

),

windows as (

    select * from {{ ref('int_llm_price_week_windows') }}

),

prices as (

    select
        prices.*,
        coalesce(windows.week_minute_from, 0) as week_minute_from,
        coalesce(windows.week_minute_to, 10080) as week_minute_to
    from {{ ref('int_llm_price_period_prices') }} as prices
    left join windows on prices.price_row = windows.price_row

),

-- A cell lies within a price or outside it, because it was cut at every boundary.
candidates as (

    select
        {{ prefixed('cells', cell) | join(',\n        ') }},
        prices.component,
        prices.usd_per_unit,
        row_number() over (
            partition by {{ prefixed('cells', cell) | join(', ') }}, prices.component
            order by
                prices.region_rank asc,
                prices.context_tokens_from desc,
                prices.week_window = 'always' asc,
                prices.price_row asc
        ) as candidate_rank
    from cells
    left join prices
        on
            {%- for column in period %}
            cells.{{ column }} = prices.{{ column }} and
            {%- endfor %}
            cells.context_tokens_from >= prices.context_tokens_from
            and cells.week_minute_from >= prices.week_minute_from
            and cells.week_minute_to <= prices.week_minute_to
            and prices.region_class in (cells.region_class, '*')

),

priced as (

    select
        {{ cell | join(',\n        ') }},
        {%- for component in components %}
        max(case when component = '{{ component }}' then usd_per_unit end) as {{ component }}_price
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from candidates
    where candidate_rank = 1
    group by {{ cell | join(', ') }}

)

select * from priced
