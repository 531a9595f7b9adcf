{#- The token buckets that a cost splits into, each with its tokens and its cost. -#}
{% macro cost_buckets() %}
    {{ return({
        "uncached_input": ("uncached_input_tokens", "uncached_input_cost"),
        "cache_read_input": ("cache_read_input_tokens", "cache_read_input_cost"),
        "cache_write_5m_input": ("cache_write_5m_input_tokens", "cache_write_5m_input_cost"),
        "cache_write_1h_input": ("cache_write_1h_input_tokens", "cache_write_1h_input_cost"),
        "audio_input": ("audio_input_tokens", "audio_input_cost"),
        "output": ("output_tokens", "output_cost"),
    }) }}
{% endmacro %}

{#- Sums of each bucket: the tokens of the rows that know its cost, and the cost. Once summed, tokens
    without a price could not be told from the others. -#}
{% macro sum_cost_buckets() -%}
    {%- for tokens, cost in cost_buckets().values() %}
    cast(sum(case when {{ cost }} is null then 0 else {{ tokens }} end) as bigint) as {{ tokens }},
    {{ sum_cost(cost) }} as {{ cost }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- One row per row of a summed relation and token bucket: its priced tokens and their cost; what is
    unpriced stands once, on the first bucket. The known cost that stands in no bucket (meters, the
    priced part of an output that is not priced as a whole) is the last one. -#}
{% macro cost_items(relation, keys) -%}
    {%- set buckets = cost_buckets() -%}
    {%- set rest = ["priced_components_cost"] -%}
    {%- for tokens, cost in buckets.values() -%}
        {%- do rest.append("-coalesce(" ~ cost ~ ", 0)") -%}
    {%- endfor -%}
    {%- do buckets.update({"other": ("0", add_cost_sums(rest))}) -%}
    {%- for bucket, (tokens, cost) in buckets.items() %}
    select
        {{ keys | join(", ") }},
        '{{ bucket }}' as bucket,
        {{ tokens }} as bucket_tokens,
        coalesce({{ cost }}, 0) as bucket_cost,
        {{ "requests" if loop.first else "0" }} as requests,
        {{ "unpriced_requests" if loop.first else "0" }} as unpriced_requests,
        {{ "unpriced_tokens" if loop.first else "0" }} as unpriced_tokens,
        restated_at
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#- Sums per key, `usage_month` first among them, with the sums of the month before beside them as
    `previous_<measure>`; the first month has none before it and is left out. -#}
{% macro with_previous_month(relation, keys, measures, usage_daily) -%}
    {%- set next_month = "cast(" ~ dbt.dateadd("month", 1, "usage_month") ~ " as date)" -%}
    {%- set sums = {} -%}
    {%- for name in measures -%}
        {%- for column in [name, "previous_" ~ name] -%}
            {%- do sums.update({column: "cast(sum(" ~ column ~ ") as bigint)"}) -%}
            {%- if name.endswith("_cost") -%}
                {%- do sums.update({column: add_costs(["sum(" ~ column ~ ")"])}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor %}
    select
        {{ keys | join(", ") }},
        {%- for column, sum in sums.items() %}
        {{ sum }} as {{ column }},
        {%- endfor %}
        max(restated_at) as restated_at
    from (
        {%- for month in ["usage_month", next_month] %}
        select
            {{ month }} as usage_month,
            {{ keys | reject("equalto", "usage_month") | join(", ") }},
            {%- for name in measures %}
            {{ name if month == "usage_month" else "0" }} as {{ name }},
            {{ "0" if month == "usage_month" else name }} as previous_{{ name }},
            {%- endfor %}
            restated_at
        from {{ relation }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as both_months
    where
        usage_month > (select {{ month_of('min(reporting_date)') }} from {{ usage_daily }})
        and usage_month <= (select {{ month_of('max(reporting_date)') }} from {{ usage_daily }})
    group by {{ keys | join(", ") }}
{%- endmacro %}
