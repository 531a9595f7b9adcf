{#- DuckDB scans a mart faster than it reads through an index, and an index costs it build time and
    memory: config `indexes` is for PostgreSQL. -#}
{% macro duckdb__create_indexes(relation) %}{% endmacro %}

{#- PostgreSQL plans by what it knows of a table: of one that was just made, nothing. -#}
{% macro postgres__create_indexes(relation) %}
    {{ default__create_indexes(relation) }}
    {%- do run_query("analyze " ~ relation) -%}
{% endmacro %}
