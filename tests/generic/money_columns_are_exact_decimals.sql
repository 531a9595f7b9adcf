{% test money_columns_are_exact_decimals(model) %}

-- Reads the built types: a float or a short scale would lose cents that no comparison of values
-- can see.
{% set checked = [] -%}
{%- if execute -%}
    {%- for column in adapter.get_columns_in_relation(model) if money_types(column.name | lower) -%}
        {%- set name = column.name | lower -%}
        {%- set built = column.data_type | lower | replace(" ", "") | replace("numeric", "decimal") -%}
        {%- do checked.append([name, built, built in money_types(name)]) -%}
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
