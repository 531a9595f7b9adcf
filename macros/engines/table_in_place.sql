{#- A table whose rows are replaced in one transaction: readers see the old ones until then, and views,
    grants, row security and indexes stay. Of a restated model only the dates, months or keys that this
    run computes are replaced. A table whose columns have changed is dropped and created, unless it has row
    security: its policies would be gone, and readers would see every row. -#}
{% materialization table_in_place, adapter="postgres" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set is_secured = existing is not none and has_row_security(existing) -%}
    {%- set is_kept = existing is not none and existing.type == "table"
        and (is_secured or not should_full_refresh())
        and has_columns_of_model(existing, compiled_code) -%}
    {%- if not is_kept and (is_secured or keeps_earlier_rows()) -%}
        {{ exceptions.raise_compiler_error(
            this ~ " has other columns than its model. Another program, or another version of the project, "
            ~ "has changed the table: run `dbt build --full-refresh` once." ~ (
                " It has row security, which would be lost: drop the table yourself before, and create "
                ~ "its policies again after." if is_secured else ""
            )
        ) }}
    {%- endif -%}
    {%- if existing is not none and not is_kept -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement("main") -%}
        {%- if is_kept %}
        delete from {{ target_relation }} where {{ restated_condition() if keeps_earlier_rows() else "true" }};
        insert into {{ target_relation }}
            {%- if config.get("contract").enforced %}
            ({{ default__get_column_names() }})
            {{ get_select_subquery(compiled_code) }}
            {%- else %}
            select * from ({{ compiled_code }}) as model_rows
            {%- endif %}
        {%- else %}
        {{ get_create_table_as_sql(False, target_relation, compiled_code) }}
        {%- endif %}
    {%- endcall -%}
    {%- if is_kept -%}
        {%- do run_query("analyze " ~ target_relation) -%}
    {%- else -%}
        {%- do create_indexes(target_relation) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get("grants"), should_revoke=True) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

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
