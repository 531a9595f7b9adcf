{#- `isodow` is not Spark's name for the day of the week, Monday = 1. -#}
{% macro iso_weekday(instant) %}{{ return(adapter.dispatch("iso_weekday")(instant)) }}{% endmacro %}

{% macro default__iso_weekday(instant) %}extract(isodow from {{ instant }}){% endmacro %}

{% macro spark__iso_weekday(instant) %}extract(dayofweek_iso from {{ instant }}){% endmacro %}
