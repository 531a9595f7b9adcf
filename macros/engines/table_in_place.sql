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
