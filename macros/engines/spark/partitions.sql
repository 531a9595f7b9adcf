{#- The one partition column. Without one, Spark would overwrite the whole table. -#}
{% macro partition_column() %}
    {%- set columns = config.get("partition_by") -%}
    {%- if columns is none or columns is not string and columns | length != 1 -%}
        {{ exceptions.raise_compiler_error(
            "partition_by: insert_overwrite needs one column, or it would replace the whole table; "
            ~ "configure the model with restated_by('<column>')."
        ) }}
    {%- endif -%}
    {{ return(columns if columns is string else columns[0]) }}
{% endmacro %}

{#- Drops the partitions that this run computes again and that have no row any more. -#}
{% macro drop_emptied_partitions(computed, target_relation, key) %}
    {%- set emptied = run_query(
        "select distinct own." ~ key ~ " from " ~ target_relation ~ " as own left anti join "
        ~ computed ~ " as computed on own." ~ key ~ " = computed." ~ key
        ~ " where " ~ restated_condition()
    ).columns[0].values() -%}
    {%- for value in emptied -%}
        {%- do run_query(
            "alter table " ~ target_relation ~ " drop if exists partition (" ~ key ~ " = date '"
            ~ value ~ "')"
        ) -%}
    {%- endfor -%}
{% endmacro %}
