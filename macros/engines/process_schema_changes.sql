{#- dbt describes the new rows and the table, tens of milliseconds for each incremental model of every
    run, to find columns to append. One question to the catalogue says that there are none; else dbt
    does and says what it does. DuckDB's own incremental models do not ask; Spark's catalogue has no
    such answer. -#}
{% macro postgres__process_schema_changes(on_schema_change, source_relation, target_relation) %}
    {%- set built = columns_built([target_relation])[_place(target_relation)] -%}
    {%- set columns = [] -%}
    {%- for column in model.columns.values() if column.name in built -%}
        {%- do columns.append(api.Column(column.name, built[column.name])) -%}
    {%- endfor -%}
    {%- if columns and columns | length == model.columns | length -%}{{ return(columns) }}{%- endif -%}
    {{ return(default__process_schema_changes(
        on_schema_change, source_relation, target_relation
    )) }}
{% endmacro %}
