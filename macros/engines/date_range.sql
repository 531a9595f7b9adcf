{#- `range`, `generate_series` and `sequence`: every engine counts days its own way, ends
    included. -#}
{% macro date_range(relation, first_date, last_date, name) %}
    {{ return(adapter.dispatch("date_range")(relation, first_date, last_date, name)) }}
{% endmacro %}

{% macro default__date_range(relation, first_date, last_date, name) -%}
    select cast(days.day as date) as {{ name }}
    from {{ relation }}, generate_series(
        cast({{ first_date }} as timestamp), cast({{ last_date }} as timestamp), interval '1 day'
    ) as days (day)
{%- endmacro %}

{% macro spark__date_range(relation, first_date, last_date, name) -%}
    select explode(sequence({{ first_date }}, {{ last_date }}, interval 1 day)) as {{ name }}
    from {{ relation }}
{%- endmacro %}
