{#- A fast 64-bit hash, each engine's own: good for finding candidates in one run, never for a
    stored key. -#}
{% macro row_hash(columns) %}{{ return(adapter.dispatch("row_hash")(columns)) }}{% endmacro %}

{% macro duckdb__row_hash(columns) %}hash({{ columns | join(", ") }}){% endmacro %}

{% macro postgres__row_hash(columns) %}hashtextextended({{ key_text(columns) }}, 0){% endmacro %}

{% macro spark__row_hash(columns) %}xxhash64({{ columns | join(", ") }}){% endmacro %}
