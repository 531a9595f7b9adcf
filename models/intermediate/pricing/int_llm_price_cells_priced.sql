{%- set period = ["price_book", "provider_id", "model_id", "service_tier", "valid_from", "valid_to"] -%}
{%- set cell = period + [
    "region_class", "context_tokens_from", "context_tokens_to", "week_minute_from", "week_minute_to",
] -%}
{%- set components = [
    "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "output", "reasoning",
    "output_audio",
] -%}

with cells as (

    select * from {{ ref('int_llm_price_cells') }}

),

prices as (

    select * from {{ ref('int_llm_price_period_prices') }}

),

windows as (

    select * from {{ ref('int_llm_price_week_windows') }}

),

candidates as (

    select
        {{ prefixed('cells', cell) | join(',\n        ') }},
        prices.component,
        prices.usd_per_unit,
        row_number() over (
            partition by {{ prefixed('cells', cell) | join(', ') }}, prices.component
            order by
                prices.region_rank,
                prices.context_tokens_from desc,
                windows.price_row is null,
                prices.price_row
        ) as candidate_rank
    from cells
    inner join prices
        on
            {%- for column in period %}
            cells.{{ column }} = prices.{{ column }} and
            {%- endfor %}
            cells.context_tokens_from >= prices.context_tokens_from
            and prices.region_class in (cells.region_class, '*')
    left join windows
        on
            prices.price_row = windows.price_row
            and cells.week_minute_from >= windows.week_minute_from
            and cells.week_minute_to <= windows.week_minute_to
    where prices.week_window = 'always' or windows.price_row is not null

),

priced as (

    select
        {{ prefixed('cells', cell) | join(',\n        ') }},
        {%- for component in components %}
        max(case when candidates.component = '{{ component }}' then candidates.usd_per_unit end)
            as {{ component }}_price
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from cells
    left join candidates
        on
            {%- for column in cell %}
            cells.{{ column }} = candidates.{{ column }} and
            {%- endfor %}
            candidates.candidate_rank = 1
    group by {{ prefixed('cells', cell) | join(', ') }}

)

select * from priced
