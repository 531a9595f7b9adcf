{#- dbt-spark's own: a partition that has no row any more would stay, and every task would write a
    file of its own into every partition. It takes one statement, so what has become empty is dropped
    before; a run that ends in between is caught up by the next. -#}
{% macro get_insert_overwrite_sql(source_relation, target_relation, existing_relation) %}
    {%- set key = _partition_column() -%}
    {%- if "restated_by" in config.get("meta", {}) -%}
        {%- do _drop_emptied_partitions(source_relation, target_relation, key) -%}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute="quoted") %}
    insert overwrite table {{ target_relation }} partition ({{ key }})
    select {{ columns | join(", ") }} from {{ source_relation }}
    distribute by {{ key }}
{% endmacro %}

{#- The one partition column. Without one, Spark would overwrite the whole table. -#}
{% macro _partition_column() %}
    {%- set columns = config.get("partition_by") -%}
    {%- if columns is none or columns is not string and columns | length != 1 -%}
        {{ exceptions.raise_compiler_error(
            "partition_by: insert_overwrite needs one column, or it would replace the whole table; "
            ~ "configure the model with restated_by('<column>')."
        ) }}
    {%- endif -%}
    {{ return(columns if columns is string else columns[0]) }}
{% endmacro %}

{% macro _drop_emptied_partitions(computed, target_relation, key) %}
    {%- set emptied = run_query(
        "select distinct own." ~ key ~ " from " ~ target_relation ~ " as own left anti join "
        ~ computed ~ " as computed on own." ~ key ~ " = computed." ~ key
        ~ " where " ~ restated_condition(computed)
    ).columns[0].values() -%}
    {%- for value in emptied -%}
        {%- do run_query(
            "alter table " ~ target_relation ~ " drop if exists partition (" ~ key ~ " = date '"
            ~ value ~ "')"
        ) -%}
    {%- endfor -%}
{% endmacro %}
