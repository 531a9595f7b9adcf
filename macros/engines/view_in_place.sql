{#- A view that is replaced while others read it. PostgreSQL does so only while the view keeps its
    columns: else it is dropped with what reads it. The next full run creates the project's own views
    again, not yours. -#}
{% materialization view_in_place, adapter="postgres" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is not none and existing.type != "view" -%}
        {%- if existing.type == "table" and has_row_security(existing) -%}
            {{ exceptions.raise_compiler_error(
                this ~ " is a table with row security, and its model is a view now: drop the table yourself."
            ) }}
        {%- endif -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement("main") -%}
        {%- if config.get("contract").enforced %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- endif %}
        do $create_view$ begin
            create or replace view {{ target_relation }} as ({{ compiled_code }});
        exception when invalid_table_definition then
            drop view {{ target_relation }} cascade;
            create view {{ target_relation }} as ({{ compiled_code }});
        end $create_view$
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(target_relation, config.get("grants"), should_revoke=True) -%}
    {%- do persist_docs(target_relation, model) -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}
