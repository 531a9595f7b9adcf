{#- Additive columns of the daily fact and of everything summed from it. -#}
{% macro token_columns() %}
    {{ return([
        "uncached_input_tokens", "cache_read_input_tokens", "cache_write_5m_input_tokens",
        "cache_write_1h_input_tokens", "audio_input_tokens", "input_tokens", "output_tokens",
        "reasoning_output_tokens", "audio_output_tokens", "total_tokens", "unpriced_tokens",
    ]) }}
{% endmacro %}

{% macro cost_columns() %}
    {{ return([
        "uncached_input_cost", "cache_read_input_cost", "cache_write_5m_input_cost",
        "cache_write_1h_input_cost", "audio_input_cost", "output_cost", "other_meters_cost",
        "priced_components_cost", "list_cost", "billable_list_cost", "error_list_cost",
        "reported_cost",
    ]) }}
{% endmacro %}

{% macro cost_columns_but(left_out) %}
    {{ return(cost_columns() | reject("equalto", left_out) | list) }}
{% endmacro %}

{% macro count_columns() %}
    {{ return([
        "requests", "error_requests", "unpriced_requests", "non_usd_reported_requests",
        "reported_cost_tokens", "latency_ms_sum", "latency_ms_count",
    ]) }}
{% endmacro %}

{#- Sums of already aggregated rows; `only` picks some of the additive columns. -#}
{% macro sum_additive(only) -%}
    {%- for column in only %}
    {%- if column in cost_columns() %}
    {{ sum_cost(column) }} as {{ column }}
    {%- else %}
    cast(sum({{ column }}) as bigint) as {{ column }}
    {%- endif %}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- A quotient over a cost that is only a lower bound would mislead: NULL unless all is priced. -#}
{% macro if_complete(cost) -%}
    case when unpriced_requests = 0 then {{ cost }} end
{%- endmacro %}

{#- One count of rows for each value of a column: `<value>_requests`. -#}
{% macro count_by_value(column, values) -%}
    {%- for value in values %}
    count(*) filter (where {{ column }} = '{{ value }}') as {{ value }}_requests
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
