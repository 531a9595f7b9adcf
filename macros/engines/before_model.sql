{#- PostgreSQL compiles a query that it thinks long before it runs it, which takes seconds where the
    query takes one: what the project's longest queries read is small once it is filtered. It sorts in
    4 MB unless told otherwise, the rest on disk; a month of usage is tens of megabytes. A server that
    allows more keeps its own setting. Pre-hook of every model: it begins the model's transaction. -#}
{% macro before_model() %}{{ return(adapter.dispatch("before_model")()) }}{% endmacro %}

{% macro default__before_model() %}{% endmacro %}

{% macro postgres__before_model() -%}
    set local jit = off;
    select set_config('work_mem', '64MB', true)
    where pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('64MB')
{%- endmacro %}
