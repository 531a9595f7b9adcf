{#- dbt-duckdb's own statement stops where the view is there already. -#}
{% macro duckdb__create_view_as(relation, sql) %}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    create or replace view {{ relation }} as ({{ sql }})
{% endmacro %}

{#- PostgreSQL replaces a view in place only while it keeps its columns: else it is made anew, and
    what reads it with it. -#}
{% macro postgres__create_view_as(relation, sql) %}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    do $create_view$ begin
        create or replace view {{ relation }} as ({{ sql }});
    exception when invalid_table_definition then
        drop view {{ relation }} cascade;
        create view {{ relation }} as ({{ sql }});
    end $create_view$
{% endmacro %}
