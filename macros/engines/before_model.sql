{#- PostgreSQL compiles a query that it thinks long before it runs it, which takes seconds where the
    query takes one: what the project's longest queries read is small once it is filtered. -#}
{% macro before_model() %}{{ return(adapter.dispatch("before_model")()) }}{% endmacro %}

{% macro default__before_model() %}{% endmacro %}

{% macro postgres__before_model() %}set local jit = off{% endmacro %}
