{#- Every engine has its own word for "some part of the text matches"; none of them is standard. -#}
{% macro text_matches(text, pattern) %}
    {{ return(adapter.dispatch("text_matches")(text, pattern)) }}
{% endmacro %}

{% macro duckdb__text_matches(text, pattern) %}regexp_matches({{ text }}, '{{ pattern }}'){% endmacro %}

{% macro postgres__text_matches(text, pattern) %}({{ text }} ~ '{{ pattern }}'){% endmacro %}

{% macro spark__text_matches(text, pattern) %}({{ text }} rlike r'{{ pattern }}'){% endmacro %}
