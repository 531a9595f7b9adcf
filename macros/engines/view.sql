{#- By default every view is made under another name, renamed twice and dropped: eight statements for
    what DuckDB does in one, and a scheduled run makes every view again. -#}
{% materialization view, adapter="duckdb" %}
    {%- set built = create_or_replace_view() -%}
    {%- do adapter.commit() -%}
    {{ return(built) }}
{% endmaterialization %}

{% macro duckdb__create_view_as(relation, sql) %}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    create or replace view {{ relation }} as ({{ sql }})
{% endmacro %}
