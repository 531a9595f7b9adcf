{#- Spark has no DELETE on Parquet: there a model of keys spread over all partitions is built anew by
    every run. Configuration of a model whose rows are replaced by the keys of `keys_from`. -#}
{% macro replaced_by_key(key, keys_from) %}
    {{ return(adapter.dispatch("replaced_by_key")(key, keys_from)) }}
{% endmacro %}

{% macro default__replaced_by_key(key, keys_from) %}
    {%- set rule = {"key": key, "keys_from": keys_from} -%}
    {{ return(dict(restated_by(key), meta={"restated_by": rule})) }}
{% endmacro %}

{% macro spark__replaced_by_key(key, keys_from) %}{{ return({"materialized": "table"}) }}{% endmacro %}
