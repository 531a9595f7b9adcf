{#- What a run need not make again because nothing that it is made of has changed: docs/decisions/0009.
    -#}

{#- Whether the relation at hand stands as this run would make it. A view is its SQL and that of the
    views it reads; a table or seed is that, and rows that follow from seeds alone. -#}
{% macro is_unchanged(type) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if should_full_refresh() or existing is none or existing.type != type -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set made = _relations_made().get(_place(model)) -%}
    {%- set now = _fingerprints() -%}
    {%- if made is none or made.project != now.project -%}{{ return(false) }}{%- endif -%}
    {%- set part = "sql" if type == "view" else "rows" -%}
    {{ return(now[part] is not none and made[part] == now[part]) }}
{% endmacro %}

{#- Whether this version of the project has made the relation at hand before: what follows from the code
    alone, such as a contract, holds. -#}
{% macro is_made_by_this_project() %}
    {%- set made = _relations_made().get(_place(model)) -%}
    {{ return(made is not none and made.project == _project_fingerprint()) }}
{% endmacro %}

{#- Notes what the relation at hand is made of, in the transaction that makes it. -#}
{% macro note_made() %}
    {%- if execute and _relations_made().get(_place(model)) != _fingerprints() -%}
        {%- do adapter.dispatch("write_fingerprints")(_place(model), _fingerprints()) -%}
        {%- do _relations_made().update({_place(model): _fingerprints()}) -%}
    {%- endif -%}
{% endmacro %}

{#- What every materialization does with a relation that is unchanged. -#}
{% macro keep_unchanged(type) %}
    {%- call noop_statement("main", "UNCHANGED") -%}{%- endcall -%}
    {%- do note_made_by_itself() -%}
    {{ return({"relations": [this.incorporate(type=type)]}) }}
{% endmacro %}

{#- The same in a transaction of its own. -#}
{% macro note_made_by_itself() %}
    {%- if _relations_made().get(_place(model)) != _fingerprints() -%}
        {%- call statement("begin") -%}select 1{%- endcall -%}
        {%- do note_made() -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}

{% macro forget_made() %}
    {%- set made = _relations_made() -%}
    {%- if _place(model) in made -%}
        {%- call statement("begin") -%}select 1{%- endcall -%}
        {%- do adapter.dispatch("write_fingerprints")(_place(model), none) -%}
        {%- do made.pop(_place(model)) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}

{% macro _place(node) %}{{ return(node.schema ~ "." ~ (node.alias or node.name)) }}{% endmacro %}

{#- Dict from `schema.name` of every relation to its fingerprints, as the last run noted them and this
    run goes on. -#}
{% macro _relations_made() %}
    {%- set memory = run_memory("made") -%}
    {%- if "relations" not in memory -%}
        {%- do memory.update({"relations": adapter.dispatch("read_fingerprints")()}) -%}
    {%- endif -%}
    {{ return(memory.relations) }}
{% endmacro %}

{#- `project`, `sql` and `rows` of the node at hand. `sql` is none where the SQL is another one in every
    run, `rows` where the rows do not follow from seeds alone: only a model says so of itself, because
    its macros may read more than its parents. -#}
{% macro _fingerprints() %}
    {%- set known = run_memory("fingerprints") -%}
    {%- if model.unique_id not in known -%}
        {%- do known.update({model.unique_id: _new_fingerprints()}) -%}
    {%- endif -%}
    {{ return(known[model.unique_id]) }}
{% endmacro %}

{% macro _new_fingerprints() %}
    {%- set project = _project_fingerprint() -%}
    {%- if model.resource_type == "seed" -%}
        {#- dbt reads no further than the path of a seed above maximum_seed_size_mib. -#}
        {%- set content = model.checksum.checksum ~ tojson(model.config.column_types, sort_keys=true) -%}
        {%- set rows = local_md5(content) if model.checksum.name != "path" -%}
        {{ return({"project": project, "sql": none, "rows": rows}) }}
    {%- endif -%}
    {%- set sql, rows = [compiled_code], [compiled_code] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- if id in graph.sources -%}
            {%- set node = graph.sources[id] -%}
            {%- do sql.append(tojson(raw_columns(source(node.source_name, node.name)))) -%}
            {%- do rows.append(none) -%}
        {%- else -%}
            {%- set made = _relations_made().get(_place(graph.nodes[id]), {}) -%}
            {%- do sql.append(made.get("sql") or "") -%}
            {%- do rows.append(made.get("rows")) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set is_view = model.config.materialized == "view" -%}
    {%- set may_follow = model.config.meta.follows_parents_alone and none not in rows -%}
    {{ return({
        "project": project,
        "sql": local_md5(sql | join("|")) if is_view else none,
        "rows": local_md5(rows | join("|")) if may_follow else none,
    }) }}
{% endmacro %}

{#- MD5 of the code of the whole project: all models, their columns, all macros, and the vars that marts
    are made by. Seeds are data. -#}
{% macro _project_fingerprint() %}
    {%- set memory = run_memory("made") -%}
    {%- if "project" not in memory -%}
        {%- set parts = [dbt_version, restatement_rules()] -%}
        {%- for macro in context[project_name].values() -%}
            {%- do parts.append(macro.macro.macro_sql) -%}
        {%- endfor -%}
        {%- for node in graph.nodes.values() if node.resource_type in ["model", "snapshot"] -%}
            {%- do parts.append(node.unique_id ~ node.checksum.checksum ~ node.config.materialized) -%}
            {%- for column in node.columns.values() -%}
                {%- do parts.append(column.name ~ " " ~ column.data_type) -%}
            {%- endfor -%}
        {%- endfor -%}
        {#- dbt's own order is another one after a partial parse. -#}
        {%- do memory.update({"project": local_md5(parts | sort | join("|"))}) -%}
    {%- endif -%}
    {{ return(memory.project) }}
{% endmacro %}
