{#- What a relation is made of, as hashes: macros/unchanged.sql. -#}

{#- `schema.name` of a node of the graph or of a relation. -#}
{% macro _place(node) %}
    {{ return(node.schema ~ "." ~ (node.alias or node.identifier)) }}
{% endmacro %}

{#- Dict from `schema.name` of every relation to its fingerprints, as the last run noted them and this
    run goes on. -#}
{% macro _relations_made() %}
    {%- set memory = run_memory("made") -%}
    {%- if "relations" not in memory -%}
        {%- do memory.update({"relations": read_fingerprints()}) -%}
    {%- endif -%}
    {{ return(memory.relations) }}
{% endmacro %}

{#- `project_hash`, `sql_hash` and `rows_hash` of the node at hand. `sql_hash` is none where the SQL is
    another one in every run, `rows_hash` where the rows do not follow from seeds alone: only a model
    says so of itself, because its macros may read more than its parents. -#}
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
        {%- set types = tojson(model.config.column_types, sort_keys=true) -%}
        {#- dbt reads no further than the path of a seed above maximum_seed_size_mib. -#}
        {%- set rows = local_md5(model.checksum.checksum ~ types) if model.checksum.name != "path" -%}
        {{ return({"project_hash": project, "sql_hash": local_md5(types), "rows_hash": rows}) }}
    {%- endif -%}
    {%- set sql, rows = [compiled_code], [compiled_code] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- if id in graph.sources -%}
            {%- set node = graph.sources[id] -%}
            {%- do sql.append(tojson(raw_columns(source(node.source_name, node.name)))) -%}
        {%- else -%}
            {%- do sql.append(_relations_made().get(_place(graph.nodes[id]), {}).get("sql_hash") or "") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in read_through_views(model) -%}
        {%- do rows.append(_hash_of_rows(node)) -%}
    {%- endfor -%}
    {%- set is_view = model.config.materialized == "view" -%}
    {%- set may_follow = model.config.meta.follows_parents_alone and none not in rows -%}
    {{ return({
        "project_hash": project,
        "sql_hash": local_md5(sql | join("|")) if is_view else none,
        "rows_hash": local_md5(rows | join("|")) if may_follow else none,
    }) }}
{% endmacro %}

{#- Nodes whose rows a node reads: its parents and, as a view keeps no rows, what the views among them
    read; none stands for a source. What is noted of a view may be older than the rows below it. -#}
{% macro read_through_views(node) %}
    {%- set known = run_memory("read_through_views") -%}
    {%- if node.unique_id not in known -%}
        {%- set found = [] -%}
        {%- for id in node.depends_on.nodes -%}
            {%- set parent = graph.nodes.get(id) -%}
            {%- do found.append(parent) -%}
            {%- if parent and parent.config.materialized == "view" -%}
                {%- do found.extend(read_through_views(parent)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do known.update({node.unique_id: found}) -%}
    {%- endif -%}
    {{ return(known[node.unique_id]) }}
{% endmacro %}

{#- What is noted of the rows of such a node; none where they do not follow from seeds alone. -#}
{% macro _hash_of_rows(node) %}
    {%- set made = _relations_made().get(_place(node), {}) if node else {} -%}
    {%- if node and node.config.materialized == "view" -%}
        {{ return(made.get("sql_hash") if node.config.meta.follows_parents_alone) }}
    {%- endif -%}
    {{ return(made.get("rows_hash")) }}
{% endmacro %}

{#- MD5 of the code of the whole project: all models and tests with columns and configuration, all macros,
    and the vars that marts are made by. Seeds are data. -#}
{% macro _project_fingerprint() %}
    {%- set memory = run_memory("made") -%}
    {%- if "project" not in memory -%}
        {%- set parts = [dbt_version, restatement_rules()] -%}
        {%- for macro in context[project_name].values() -%}
            {%- do parts.append(macro.macro.macro_sql) -%}
        {%- endfor -%}
        {%- for node in graph.nodes.values() if node.resource_type != "seed" -%}
            {%- set settings = tojson(node.config, sort_keys=true) -%}
            {%- do parts.append(node.unique_id ~ node.checksum.checksum ~ settings) -%}
            {%- for column in node.columns.values() -%}
                {%- do parts.append(column.name ~ " " ~ column.data_type ~ tojson(column.constraints)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {#- dbt's own order is another one after a partial parse. -#}
        {%- do memory.update({"project": local_md5(parts | sort | join("|"))}) -%}
    {%- endif -%}
    {{ return(memory.project) }}
{% endmacro %}

{#- Where PostgreSQL and DuckDB keep them, one row a relation. -#}
{% macro fingerprint_table() %}
    {{ return(api.Relation.create(
        database=target.database,
        schema=generate_schema_name("intermediate", none),
        identifier="relations_made",
        type="table"
    )) }}
{% endmacro %}

{% macro fingerprint_columns() %}
    {{ return(["relation_name", "project_hash", "sql_hash", "rows_hash", "noted_at"]) }}
{% endmacro %}
