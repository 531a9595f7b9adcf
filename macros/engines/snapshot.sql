{#- Parquet on Spark has no MERGE, and dbt-spark makes no snapshot without it. dbt's own rows of what
    is new and what has ended are kept; the table is written anew beside the old one and takes its
    name. That swap is a drop and a rename: a run killed between them leaves the new table only, and
    the next run finishes it. -#}
{% materialization snapshot, adapter="spark" %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- set rewritten = _table_beside(target_relation, "__dbt_new") -%}
    {%- do _finish_interrupted_swap(target_relation, rewritten) -%}
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
        {%- do _add_missing_columns(changes, existing) -%}
        {%- call statement("main") -%}
            {{ create_table_as(False, rewritten, _snapshot_with(changes, existing, names)) }}
        {%- endcall -%}
        {%- do post_snapshot(changes) -%}
        {%- do adapter.drop_relation(existing) -%}
        {%- do adapter.rename_relation(rewritten, target_relation) -%}
    {%- endif -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% macro _table_beside(relation, ending) %}
    {{ return(relation.incorporate(path={"identifier": relation.identifier ~ ending})) }}
{% endmacro %}

{#- A rewritten table without the snapshot is one whose run was killed before it was renamed; beside
    the snapshot it may be half written. -#}
{% macro _finish_interrupted_swap(target_relation, rewritten) %}
    {%- if load_relation(rewritten) is not none -%}
        {%- if load_relation(target_relation) is none -%}
            {%- do adapter.rename_relation(rewritten, target_relation) -%}
        {%- else -%}
            {%- do adapter.drop_relation(rewritten) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro _add_missing_columns(changes, existing) %}
    {%- set missing = [] -%}
    {%- for column in adapter.get_missing_columns(changes, existing) -%}
        {%- set name = column.name | lower -%}
        {%- if name != "dbt_change_type" and not name.startswith("dbt_unique_key") -%}
            {%- do missing.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do create_columns(existing, missing) -%}
{% endmacro %}

{#- The snapshot's rows, ended where a change says so, and the new ones. -#}
{% macro _snapshot_with(changes, existing, names) -%}
    {%- set columns = adapter.get_columns_in_relation(existing) | map(attribute="name") | list -%}
    {%- set current = config.get("dbt_valid_to_current") -%}
    select
        {%- for column in columns %}
        {%- if column == names.dbt_valid_to %}
        coalesce(ended.{{ column }}, known.{{ column }}) as {{ column }}
        {%- else %}
        known.{{ adapter.quote(column) }}
        {%- endif %}
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ existing }} as known
    left join {{ changes }} as ended
        on
            known.{{ names.dbt_scd_id }} = ended.{{ names.dbt_scd_id }}
            and ended.dbt_change_type in ('update', 'delete')
            and (
                known.{{ names.dbt_valid_to }} is null
                {%- if current %} or known.{{ names.dbt_valid_to }} = {{ current }}{% endif %}
            )
    union all
    select
        {%- for column in columns %}
        added.{{ adapter.quote(column) }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ changes }} as added
    left anti join {{ existing }} as known
        on added.{{ names.dbt_scd_id }} = known.{{ names.dbt_scd_id }}
    where added.dbt_change_type = 'insert'
{%- endmacro %}
