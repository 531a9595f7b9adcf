{#- Whether a table has the columns that a query makes: names, order, types, what may be NULL. An empty
    table made of the query is the one way to learn its types on PostgreSQL. -#}
{% macro has_columns_of_model(relation, sql) %}
    {%- set probe = make_temp_relation(relation) -%}
    {%- call statement("make_probe") -%}
        create temporary table {{ probe }}
        {% if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
        {{ get_table_columns_and_constraints() }}
        {%- else -%}
        as ({{ sql }}) with no data
        {%- endif %}
    {%- endcall -%}
    {%- set columns = run_query(
        "select attrelid = '" ~ relation ~ "'::regclass as is_built, array_agg(attname || ' ' || "
        ~ "format_type(atttypid, atttypmod) || ' ' || attnotnull order by attnum)::text as columns "
        ~ "from pg_catalog.pg_attribute where attnum > 0 and not attisdropped and attrelid in ('"
        ~ relation ~ "'::regclass, '" ~ probe ~ "'::regclass) group by 1"
    ).columns["columns"].values() | unique | list -%}
    {%- do drop_relation(probe) -%}
    {{ return(columns | length == 1) }}
{% endmacro %}

{% macro has_row_security(relation) %}
    {{ return(run_query(
        "select relrowsecurity from pg_catalog.pg_class where oid = '" ~ relation ~ "'::regclass"
    ).columns[0].values()[0]) }}
{% endmacro %}
