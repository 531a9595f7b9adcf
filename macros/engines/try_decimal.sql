{#- PostgreSQL has no `try_cast`. Text that is not a decimal number becomes NULL. -#}
{% macro try_decimal(text, type) %}{{ return(adapter.dispatch("try_decimal")(text, type)) }}{% endmacro %}

{% macro default__try_decimal(text, type) %}try_cast({{ text }} as {{ type }}){% endmacro %}

{% macro postgres__try_decimal(text, type) -%}
    case
        when {{ text }} ~ '^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$'
            then cast({{ text }} as {{ type }})
    end
{%- endmacro %}
