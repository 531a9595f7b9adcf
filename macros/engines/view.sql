{#- dbt-duckdb makes a view under another name, renames twice and drops: eight statements for what
    DuckDB does in one, and every run makes every view again. -#}
{% materialization view, adapter="duckdb" %}
    {#- A table that stood there is dropped with the view made, or not at all. -#}
    {%- do adapter.ensure_transaction() -%}
    {%- set built = create_or_replace_view() -%}
    {%- do persist_docs(built.relations[0], model) -%}
    {%- do adapter.commit() -%}
    {{ return(built) }}
{% endmaterialization %}

{#- dbt-postgres does the same, and dropping the old view drops all that read it: `llm_usage_live`
    would be gone from the first of its models until its own turn. -#}
{% materialization view, adapter="postgres" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is not none and existing.type != "view" -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement("main") -%}
        {{ get_create_view_as_sql(target_relation, compiled_code) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get("grants"), should_revoke=True) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}
