{#- DuckDB keeps every value of an exact percentile in memory until a statement ends: there, a model of
    them computes its months one after the other. Configuration that adds this to `restated_by`. -#}
{% macro months_apart() %}{{ return(adapter.dispatch("months_apart")()) }}{% endmacro %}

{% macro default__months_apart() %}{{ return({}) }}{% endmacro %}

{% macro duckdb__months_apart() %}
    {{ return({"post_hook": "{{ insert_restated_months() }}"}) }}
{% endmacro %}
