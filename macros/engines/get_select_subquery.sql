{#- What dbt makes a table with a contract from. On Spark, every task would write a file of its own
    into every partition of a partitioned table. -#}
{% macro spark__get_select_subquery(sql) %}
    select {{ model["columns"] | join(", ") }}
    from (
        {{ sql }}
    ) as model_subq
    {%- if config.get("partition_by") %}
    distribute by {{ partition_column() }}
    {%- endif %}
{% endmacro %}
