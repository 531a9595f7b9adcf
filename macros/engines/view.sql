{#- dbt-duckdb makes a view under another name, renames twice and drops: eight statements for what
    DuckDB does in one. -#}
{% materialization view, adapter="duckdb" %}
    {%- if is_unchanged("view") -%}{{ return(keep_unchanged("view")) }}{%- endif -%}
    {#- A table that stood there is dropped with the view made, or not at all. -#}
    {%- do adapter.ensure_transaction() -%}
    {%- set built = create_or_replace_view() -%}
    {%- do persist_docs(built.relations[0], model) -%}
    {%- do note_made() -%}
    {%- do adapter.commit() -%}
    {{ return(built) }}
{% endmaterialization %}

{#- dbt-postgres does the same, and dropping the old view drops all that read it: `llm_usage_live`
    would be gone from the first of its models until its own turn. -#}
{% materialization view, adapter="postgres" %}
    {%- if is_unchanged("view") -%}
        {#- Who may read it is no part of what it is made of. -#}
        {%- call statement("begin") -%}select 1{%- endcall -%}
        {%- do apply_grants(this, config.get("grants"), should_revoke=True) -%}
        {%- do adapter.commit() -%}
        {{ return(keep_unchanged("view")) }}
    {%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement("before_model") -%}{{ postgres__before_model() }}{%- endcall -%}
    {%- if existing is not none and existing.type != "view" -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement("main") -%}
        {{ get_create_view_as_sql(target_relation, compiled_code) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get("grants"), should_revoke=True) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- do note_made() -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#- dbt-spark replaces a view in one statement; each of them takes it a tenth of a second and more. -#}
{% materialization view, adapter="spark" %}
    {%- if is_unchanged("view") -%}{{ return(keep_unchanged("view")) }}{%- endif -%}
    {%- set built = create_or_replace_view() -%}
    {%- do note_made() -%}
    {{ return(built) }}
{% endmaterialization %}
