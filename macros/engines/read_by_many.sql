{#- Spark writes every view out into every query that reads it: where views read views several times,
    the plan grows without bounds and its making takes minutes. How a model is materialised that
    others read more than once. -#}
{% macro read_by_many() %}{{ return(adapter.dispatch("read_by_many")()) }}{% endmacro %}

{% macro default__read_by_many() %}{{ return("view") }}{% endmacro %}

{% macro spark__read_by_many() %}{{ return("table") }}{% endmacro %}
