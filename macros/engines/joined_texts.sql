{#- Spark has no `string_agg`. The different values of a text column, in their order, with commas. -#}
{% macro joined_texts(column) %}{{ return(adapter.dispatch("joined_texts")(column)) }}{% endmacro %}

{% macro default__joined_texts(column) -%}
    string_agg(distinct {{ column }}, ', ' order by {{ column }})
{%- endmacro %}

{% macro spark__joined_texts(column) -%}
    array_join(array_sort(collect_set({{ column }})), ', ')
{%- endmacro %}
