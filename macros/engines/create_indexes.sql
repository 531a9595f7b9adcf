{#- DuckDB scans a mart faster than it reads through an index, and an index costs it build time and
    memory: config `indexes` is for PostgreSQL. -#}
{% macro duckdb__create_indexes(relation) %}{% endmacro %}
