{#- Condition: the column is one of the values that a query finds. PostgreSQL joins with such a query
    where it stands, above a view's joins; an array it finds first, and takes it down to the index. -#}
{% macro is_one_found(column, query) %}
    {{ return(adapter.dispatch("is_one_found")(column, query)) }}
{% endmacro %}

{% macro default__is_one_found(column, query) %}{{ column }} in ({{ query }}){% endmacro %}

{% macro postgres__is_one_found(column, query) %}{{ column }} = any(array({{ query }})){% endmacro %}
