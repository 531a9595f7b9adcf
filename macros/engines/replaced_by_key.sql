{#- Spark has no DELETE on Parquet: there a model of keys spread over all partitions is built anew by
    every run. Configuration of a model whose rows are replaced by the keys of `keys_from`. -#}
{% macro replaced_by_key(key, keys_from) %}
    {{ return(adapter.dispatch("replaced_by_key")(key, keys_from)) }}
{% endmacro %}

{% macro default__replaced_by_key(key, keys_from) %}
    {%- set settings = {
        "materialized": "incremental",
        "incremental_strategy": "restate",
        "on_schema_change": "append_new_columns",
        "meta": {"restated_by": {"key": key, "keys_from": keys_from}},
    } -%}
    {%- do settings.update(hooks_of_incremental()) -%}
    {{ return(settings) }}
{% endmacro %}

{% macro spark__replaced_by_key(key, keys_from) %}{{ return({"materialized": "table"}) }}{% endmacro %}
