{#- dbt-duckdb's own statement stops where the view is there already. -#}
{% macro duckdb__create_view_as(relation, sql) %}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    create or replace view {{ relation }} as ({{ sql }})
{% endmacro %}
