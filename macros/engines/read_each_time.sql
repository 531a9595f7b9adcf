{#- PostgreSQL writes down what a query reads twice, all of it, before it looks at what is asked: after
    the name of a CTE, this has it read only what each place needs. -#}
{% macro read_each_time() %}{{ return(adapter.dispatch("read_each_time")()) }}{% endmacro %}

{% macro default__read_each_time() %}{% endmacro %}

{% macro postgres__read_each_time() %}not materialized{% endmacro %}
