{#- dbt-postgres drops a table or a view with everything that reads it, `llm_usage_live` among them, and
    with its grants and row security. On PostgreSQL a model is replaced in place: materializations of
    table_in_place.sql and view_in_place.sql. On DuckDB and Spark a view outlives the table
    that it reads. -#}
{% macro in_place(materialized) %}
    {{ return(adapter.dispatch("in_place")(materialized)) }}
{% endmacro %}

{% macro default__in_place(materialized) %}{{ return(materialized) }}{% endmacro %}

{% macro postgres__in_place(materialized) %}{{ return(materialized ~ "_in_place") }}{% endmacro %}
