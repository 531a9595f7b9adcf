{#- Spark has no DELETE on Parquet: it overwrites whole partitions, the others delete and insert; why
    PostgreSQL does so under a name of ours: in_place.sql. Configuration of a model that is computed again
    by whole dates or months of its column `key`. -#}
{% macro restated_by(
    key, parent=none, parent_key=none, parent_rows="true", parent_requests="count(*)",
    own_requests="sum(requests)", cost_centers=false, with_previous_month=false,
    charge_terms=false, one_month_at_a_time=false
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
        "months_apart": one_month_at_a_time and months_apart() != {},
    } -%}
    {%- set settings = dict(adapter.dispatch("restated_by")(key), meta={"restated_by": rule}) -%}
    {%- if rule.months_apart -%}{%- do settings.update(months_apart()) -%}{%- endif -%}
    {{ return(settings) }}
{% endmacro %}

{% macro default__restated_by(key) %}
    {{ return({
        "materialized": "incremental",
        "incremental_strategy": "restate",
        "on_schema_change": "fail",
    }) }}
{% endmacro %}

{% macro postgres__restated_by(key) %}{{ return({"materialized": in_place("table")}) }}{% endmacro %}

{% macro spark__restated_by(key) %}
    {{ return({
        "materialized": "incremental",
        "incremental_strategy": "insert_overwrite",
        "on_schema_change": "fail",
        "partition_by": [key],
        "post_hook": "drop table if exists {{ this }}__dbt_staged",
    }) }}
{% endmacro %}
