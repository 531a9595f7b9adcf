{#- DuckDB sorts once for each percentile, and once for a list of them; the others share the sort
    themselves. On a decimal DuckDB truncates the interpolated value, so every engine interpolates
    doubles. -#}
{% macro percentile(column, fraction, fractions) -%}
    cast({{ adapter.dispatch("percentile")(column, fraction, fractions) }} as {{ type_ratio() }})
{%- endmacro %}

{% macro default__percentile(column, fraction, fractions) -%}
    percentile_cont({{ fraction }}) within group (order by cast({{ column }} as {{ type_double() }}))
{%- endmacro %}

{% macro duckdb__percentile(column, fraction, fractions) -%}
    quantile_cont(cast({{ column }} as {{ type_double() }}), {{ fractions }})
        [{{ fractions.index(fraction) + 1 }}]
{%- endmacro %}
