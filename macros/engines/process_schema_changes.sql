{#- dbt describes the new rows and the table, tens of milliseconds for each incremental model of every
    run, to find columns to append. One question to the catalogue says that there are none; Spark's
    has no such answer, and keeps dbt's way; on DuckDB incremental.sql asks. -#}
{% macro postgres__process_schema_changes(on_schema_change, source_relation, target_relation) %}
    {{ return(unless_it_lacks_one__process_schema_changes(
        on_schema_change, source_relation, target_relation
    )) }}
{% endmacro %}

{#- The model's columns where the table has them all; else what dbt does and says. -#}
{% macro unless_it_lacks_one__process_schema_changes(
    on_schema_change, source_relation, target_relation
) %}
    {%- set place = target_relation.schema ~ "." ~ target_relation.identifier -%}
    {%- set built = columns_built([target_relation]).get(place, {}) -%}
    {%- set columns = [] -%}
    {%- for column in model.columns.values() if column.name in built -%}
        {%- do columns.append(api.Column(column.name, built[column.name])) -%}
    {%- endfor -%}
    {%- if columns and columns | length == model.columns | length -%}{{ return(columns) }}{%- endif -%}
    {{ return(default__process_schema_changes(
        on_schema_change, source_relation, target_relation
    )) }}
{% endmacro %}
