{#- On a decimal DuckDB truncates the interpolated value, so every engine interpolates doubles. -#}
{% macro percentile(column, fraction) -%}
    cast(
        percentile_cont({{ fraction }})
            within group (order by cast({{ column }} as {{ type_double() }}))
        as {{ type_ratio() }}
    )
{%- endmacro %}
