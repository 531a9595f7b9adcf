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

{#- Spark's `div` of decimals answers with a bigint; with the rest taken off first, its quotient of
    decimals is exact. What 38 digits cannot hold stops the query. -#}
{% macro spark__whole_share(amount, part, whole) -%}
    {%- set product -%}
        cast({{ amount }} as {{ type_whole(24) }}) * cast({{ part }} as {{ type_whole(14) }})
    {%- endset -%}
    {%- set divisor = "cast(nullif(" ~ whole ~ ", 0) as " ~ type_whole(18) ~ ")" -%}
    (({{ product }} - ({{ product }}) % {{ divisor }}) / {{ divisor }})
{%- endmacro %}
