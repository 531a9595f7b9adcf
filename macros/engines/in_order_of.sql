{#- PostgreSQL leaves rows where a join put them, and a month would be read from every block of a table:
    the others skip what does not hold the dates asked for, and sorting costs them more than it saves.
    -#}
{% macro in_order_of(column) %}{{ return(adapter.dispatch("in_order_of")(column)) }}{% endmacro %}

{% macro default__in_order_of(column) %}{% endmacro %}

{% macro postgres__in_order_of(column) %}order by {{ column }}{% endmacro %}
