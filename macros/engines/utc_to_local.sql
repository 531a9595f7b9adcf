{#- Spark has no `at time zone`. -#}
{% macro utc_to_local(utc_instant, timezone) %}
    {{ return(adapter.dispatch("utc_to_local")(utc_instant, timezone)) }}
{% endmacro %}

{% macro default__utc_to_local(utc_instant, timezone) -%}
    (({{ utc_instant }} at time zone 'UTC') at time zone {{ timezone }})
{%- endmacro %}

{% macro spark__utc_to_local(utc_instant, timezone) -%}
    from_utc_timestamp({{ utc_instant }}, {{ timezone }})
{%- endmacro %}
