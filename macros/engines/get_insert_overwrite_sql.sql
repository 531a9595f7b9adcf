{#- With dbt-spark's own, a partition that has no row any more would stay, and every task would write
    a file of its own into every partition. It is one statement, so what has become empty is dropped
    before; a run that ends in between is caught up by the next. The new rows arrive as a view, which
    each reading would compute again: they are written once, beside the model, and dropped by the
    hook that `restated_by` configures. -#}
{% macro get_insert_overwrite_sql(source_relation, target_relation, existing_relation) %}
    {%- set key = partition_column() -%}
    {%- set staged = target_relation ~ "__dbt_staged" -%}
    {%- do run_query("drop table if exists " ~ staged) -%}
    {%- do run_query(
        "create table " ~ staged ~ " using parquet as select * from " ~ source_relation
    ) -%}
    {%- if "restated_by" in config.get("meta", {}) -%}
        {%- do drop_emptied_partitions(staged, target_relation, key) -%}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute="quoted") %}
    insert overwrite table {{ target_relation }} partition ({{ key }})
    select {{ columns | join(", ") }} from {{ staged }}
    distribute by {{ key }}
{% endmacro %}
