{#- A cast of `timestamptz` to `timestamp` drops or converts the zone depending on the engine's
    session. -#}
{% macro to_utc(instant) %}{{ return(adapter.dispatch("to_utc")(instant)) }}{% endmacro %}

{% macro default__to_utc(instant) -%}
    (cast({{ instant }} as timestamp with time zone) at time zone 'UTC')
{%- endmacro %}

{#- `at time zone` asks the calendar library row by row: five times slower for the same instant. -#}
{% macro duckdb__to_utc(instant) -%}
    make_timestamp(epoch_us(cast({{ instant }} as timestamp with time zone)))
{%- endmacro %}

{% macro spark__to_utc(instant) -%}
    to_utc_timestamp(cast({{ instant }} as timestamp), current_timezone())
{%- endmacro %}
