{#- Spark has no `double precision`; PostgreSQL has no `double`. -#}
{% macro type_double() %}{{ return(adapter.dispatch("type_double")()) }}{% endmacro %}

{% macro default__type_double() %}double precision{% endmacro %}

{% macro spark__type_double() %}double{% endmacro %}
