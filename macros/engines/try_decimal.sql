{#- PostgreSQL has no `try_cast`, and DuckDB's takes `1_000` for a number, which the others do not.
    Text that is not a decimal number, or too large for the type, becomes NULL. -#}
{% macro try_decimal(text, type) %}{{ return(adapter.dispatch("try_decimal")(text, type)) }}{% endmacro %}

{% macro default__try_decimal(text, type) %}try_cast({{ text }} as {{ type }}){% endmacro %}

{% macro duckdb__try_decimal(text, type) -%}
    try_cast(case when position('_' in {{ text }}) = 0 then {{ text }} end as {{ type }})
{%- endmacro %}

{#- An exponent of more than three digits is past any decimal: the cast would stop the query. -#}
{% macro postgres__try_decimal(text, type) -%}
    {%- set (precision, scale) = type.split("(")[1].rstrip(")").split(",") -%}
    {%- set bound = "1e" ~ (precision | int - scale | int) -%}
    case
        when {{ text }} ~ '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?0*[0-9]{1,3})?\s*$'
            then case
                when abs(round(cast({{ text }} as numeric), {{ scale | int }})) < {{ bound }}
                    then cast({{ text }} as {{ type }})
            end
        when {{ text }} ~ '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE]-[0-9]+\s*$'
            then cast(0 as {{ type }})
    end
{%- endmacro %}
