{#- Whether a table has the columns that its model makes now: names, order, types, what may be NULL.
    Asked where a table's rows are replaced in place, on PostgreSQL: a table of its own is the one way
    to learn what types a query makes there, unless the project made the table and its columns are what
    they were. -#}
{% macro postgres__has_columns_of(relation, sql) %}
    {%- set built = columns_built([relation])[relation.schema ~ "." ~ relation.identifier] -%}
    {%- if is_made_by_this_project() and built.keys() | list == model.columns.keys() | list
        and _differing_column(model, built, true) is none -%}
        {{ return(true) }}
    {%- endif -%}
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
