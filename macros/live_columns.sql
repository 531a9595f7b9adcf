{#- Columns of the fact but its load audit, from the fact or from attempts that no run has taken in:
    of those, what other meters cost is not known before they are built. -#}
{% macro live_columns(relation, unknown_with_meters=[]) -%}
    {%- set node = graph.nodes.get("model." ~ project_name ~ ".llm_usage_live") if execute -%}
    {%- for column in (node.columns.values() if node else []) if column.name != "is_built" %}
    {%- set name = relation ~ "." ~ column.name -%}
    {%- if column.name in unknown_with_meters %}
    case when {{ relation }}.other_meters is null then {{ name }} end as {{ column.name }}
    {%- elif column.name == "pricing_status" and unknown_with_meters %}
    case when {{ relation }}.other_meters is null then {{ name }} else 'unpriced_component' end
        as {{ column.name }}
    {%- else %}
    {{ name }}
    {%- endif %}
    {%- if not loop.last %},{% endif %}
    {%- else %}
    *
    {%- endfor %}
{%- endmacro %}
