{% test money_columns_are_exact_decimals(model) %}

-- Reads the built types: a float or a short scale would lose cents that no comparison of values
-- can see.
{% set checked = [] -%}
{%- if execute -%}
    {%- for column in adapter.get_columns_in_relation(model) -%}
        {%- set allowed = money_types(column.name | lower) -%}
        {%- if allowed -%}
            {%- set built = column.data_type | lower | replace(" ", "") -%}
            {%- set built = built | replace("numeric", "decimal") -%}
            {%- do checked.append([column.name, built, built in allowed]) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endif %}
with built_types as (

    {% for name, built, is_exact in checked -%}
    select
        '{{ name }}' as column_name,
        '{{ built }}' as built_type,
        {{ 'true' if is_exact else 'false' }} as is_exact
    {{ 'union all' if not loop.last }}
    {% endfor -%}
    {%- if not checked -%}
    select
        'none' as column_name,
        'the model has no money column to check' as built_type,
        false as is_exact
    {%- endif %}

)

select * from built_types
where not is_exact

{% endtest %}
