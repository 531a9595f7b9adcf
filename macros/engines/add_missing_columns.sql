{#- dbt's macro for new columns wants the new rows in a table of their own, which DuckDB's incremental
    models have not. -#}
{% macro duckdb__add_missing_columns(relation) %}
    {%- set built = columns_built([relation])[relation.schema ~ "." ~ relation.identifier] -%}
    {%- if model.columns | reject("in", built) | list -%}
        {%- for column in get_column_schema_from_query(compiled_code) if column.name not in built -%}
            {%- do run_query(
                "alter table " ~ relation ~ " add column " ~ column.quoted ~ " " ~ column.dtype
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
