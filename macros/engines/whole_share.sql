{#- DuckDB divides exact numbers as floats, but for its own wide integers; PostgreSQL's exact
    numbers have a division that drops the rest. NULL when there is nothing to divide by. -#}
{% macro whole_share(amount, part, whole) %}
    {{ return(adapter.dispatch("whole_share")(amount, part, whole)) }}
{% endmacro %}

{% macro duckdb__whole_share(amount, part, whole) -%}
    (cast({{ amount }} as hugeint) * ({{ part }}) // nullif(cast({{ whole }} as hugeint), 0))
{%- endmacro %}

{% macro postgres__whole_share(amount, part, whole) -%}
    div(({{ amount }}) * ({{ part }}), nullif({{ whole }}, 0))
{%- endmacro %}
