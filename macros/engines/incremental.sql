{#- dbt-duckdb writes new rows to a table of their own, asks four times for its columns, and copies:
    ten statements where two replace whole dates, in one transaction. Strategies `restate` and
    `append`; a column that the model has and the table lacks is added. -#}
{% materialization incremental, adapter="duckdb" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none or existing.type != "table" or should_full_refresh() -%}
        {{ return(duckdb__build_table(existing)) }}
    {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do adapter.ensure_transaction() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do duckdb__add_missing_columns(existing) -%}
    {%- call statement("main") -%}
        {%- set gone = restated_condition() if config.get("incremental_strategy") == "restate" else "false" %}
        {%- if gone != "false" %}
        delete from {{ existing }} where {{ gone }};
        {%- endif %}
        {%- if config.get("contract").enforced %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- endif %}
        insert into {{ existing }} by name ({{ compiled_code }})
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(existing, model) -%}
    {%- do note_made() -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [existing]}) }}
{% endmaterialization %}
