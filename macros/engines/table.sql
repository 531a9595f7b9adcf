{#- dbt makes every table anew in every run, each engine in its own way; here one that is unchanged
    stays. How DuckDB makes one: build_table.sql. -#}
{% materialization table, adapter="duckdb" %}
    {%- if is_unchanged("table") -%}{{ return(keep_unchanged("table")) }}{%- endif -%}
    {{ return(duckdb__build_table(load_cached_relation(this))) }}
{% endmaterialization %}

{#- dbt-postgres drops the old table with all views that read it, `llm_usage_live` among them. While
    its columns stay, the rows are replaced in one transaction; readers see the old ones until then. -#}
{% materialization table, adapter="postgres" %}
    {%- if is_unchanged("table") -%}{{ return(keep_unchanged("table")) }}{%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement("before_model") -%}{{ postgres__before_model() }}{%- endcall -%}
    {%- set is_kept = existing is not none and existing.type == "table" and not should_full_refresh()
        and postgres__has_columns_of(existing, compiled_code) -%}
    {%- if existing is not none and not is_kept -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement("main") -%}
        {%- if is_kept -%}
        delete from {{ target_relation }};
        insert into {{ target_relation }}
            {%- if config.get("contract").enforced %}
            ({{ default__get_column_names() }})
            {{ get_select_subquery(compiled_code) }}
            {%- else %}
            select * from ({{ compiled_code }}) as model_rows
            {%- endif %}
        {%- else -%}
        {{ get_create_table_as_sql(False, target_relation, compiled_code) }}
        {%- endif -%}
    {%- endcall -%}
    {%- do create_indexes(target_relation) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get("grants"), should_revoke=True) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- do note_made() -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% materialization table, adapter="spark" %}
    {%- if is_unchanged("table") -%}{{ return(keep_unchanged("table")) }}{%- endif -%}
    {%- set built = dbt.materialization_table_spark() -%}
    {%- do note_made() -%}
    {{ return(built) }}
{% endmaterialization %}
