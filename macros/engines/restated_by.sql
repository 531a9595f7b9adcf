{#- Spark has no DELETE on Parquet: it overwrites whole partitions, the others delete and insert.
    Configuration of a model that is computed again by whole dates or months of its column `key`.
    -#}
{% macro restated_by(
    key, parent=none, parent_key=none, parent_rows="true", parent_requests="count(*)",
    own_requests="sum(requests)", cost_centers=false, with_previous_month=false,
    charge_terms=false
) %}
    {%- set rule = {
        "key": key,
        "parent": parent,
        "parent_key": parent_key or key,
        "parent_rows": parent_rows,
        "parent_requests": parent_requests,
        "own_requests": own_requests,
        "cost_centers": cost_centers,
        "with_previous_month": with_previous_month,
        "charge_terms": charge_terms,
    } -%}
    {%- set settings = {
        "materialized": "incremental",
        "on_schema_change": "fail",
        "meta": {"restated_by": rule},
    } -%}
    {%- do settings.update(adapter.dispatch("restated_by")(key)) -%}
    {{ return(settings) }}
{% endmacro %}

{% macro default__restated_by(key) %}
    {{ return({"incremental_strategy": "restate"}) }}
{% endmacro %}

{% macro spark__restated_by(key) %}
    {{ return({
        "incremental_strategy": "insert_overwrite",
        "partition_by": [key],
        "post_hook": "drop table if exists {{ this }}__dbt_staged",
    }) }}
{% endmacro %}
