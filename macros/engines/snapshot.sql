{#- Parquet on Spark has no MERGE, and dbt-spark makes no snapshot without. What is new and what has
    ended comes from dbt as elsewhere; the table is written anew beside the old one and takes its
    name. That swap is a drop and a rename: a run killed between them leaves the new table only, and
    the next run finishes it. -#}
{% materialization snapshot, adapter="spark" %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- set rewritten = table_beside(target_relation, "__dbt_new") -%}
    {%- do finish_interrupted_swap(target_relation, rewritten) -%}
    {%- set existing = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- set strategy = strategy_dispatch(config.get("strategy"))(
        model, "snapshotted_data", "source_data", model["config"], existing is not none
    ) -%}
    {%- if existing is none -%}
        {%- call statement("main") -%}
            {{ create_table_as(
                False, target_relation, build_snapshot_table(strategy, model["compiled_code"])
            ) }}
        {%- endcall -%}
    {%- else -%}
        {%- set names = get_snapshot_table_column_names() -%}
        {%- do names.update(config.get("snapshot_table_column_names") or {}) -%}
        {%- do adapter.valid_snapshot_target(existing, names) -%}
        {%- set changes = spark_build_snapshot_staging_table(strategy, sql, existing) -%}
        {%- do add_columns_of(changes, existing) -%}
        {%- call statement("main") -%}
            {{ create_table_as(False, rewritten, snapshot_with(changes, existing, names)) }}
        {%- endcall -%}
        {%- do post_snapshot(changes) -%}
        {%- do adapter.drop_relation(existing) -%}
        {%- do adapter.rename_relation(rewritten, target_relation) -%}
    {%- endif -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}
