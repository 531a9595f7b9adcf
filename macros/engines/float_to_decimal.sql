{#- A cast from a binary float to a decimal shows the float's noise (2.9999999999999999) or rounds
    it in each engine's own way. The shortest text that reads back as the same float is what its
    writer meant: it is read as a decimal, digits after the 15th rounded half away from zero. NaN,
    infinite and too large to hold become NULL. -#}
{% macro float_to_decimal(number) %}
    {{ return(adapter.dispatch("float_to_decimal")(number)) }}
{% endmacro %}

{% macro default__float_to_decimal(number) -%}
    try_cast(cast({{ number }} as {{ dbt.type_string() }}) as {{ type_cost() }})
{%- endmacro %}

{#- PostgreSQL has no `try_cast`; there NaN is greater than every number. -#}
{% macro postgres__float_to_decimal(number) -%}
    case
        when {{ number }} > -1e13 and {{ number }} < 1e13
            then {{ try_decimal("cast(" ~ number ~ " as text)", type_cost()) }}
    end
{%- endmacro %}
