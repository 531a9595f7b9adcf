{#- Dict from each table of the raw schemas to the stamp of the files it was made of, empty where
    somebody else made it. -#}
{% macro raw_files_registered() %}
    {%- set registered = {} -%}
    {%- for schema in graph.sources.values() | map(attribute="schema") | unique -%}
        {%- do run_query("create schema if not exists " ~ schema) -%}
        {%- for row in run_query("show table extended in " ~ schema ~ " like '*'").rows -%}
            {%- set stamp = modules.re.search("llm_finops.raw_files=([^],]*)", row["information"]) -%}
            {%- do registered.update(
                {schema ~ "." ~ row["tableName"]: stamp.group(1) if stamp else ""}
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(registered) }}
{% endmacro %}

{#- Drops a table that an earlier run registered, never one that somebody else made. -#}
{% macro forget_registered(relation, registered) %}
    {%- if registered.get(relation | string) == "" -%}
        {{ exceptions.raise_compiler_error(
            relation ~ " is a table that this project did not make, and var raw_location says "
            ~ "`files`. Set raw_location to `table` to read it, or raw_schema to another schema."
        ) }}
    {%- elif relation | string in registered -%}
        {%- do run_query("drop table " ~ relation) -%}
    {%- endif -%}
{% endmacro %}

{#- Dict from each folder of the raw area that holds a Parquet file, as the cluster sees it, to a
    stamp of its files; a table of the files themselves takes an absent folder for an empty one. -#}
{% macro folders_with_raw_files() %}
    {%- set listing = api.Relation.create(
        schema=target.schema, identifier="raw_files_found", type="table"
    ) -%}
    {%- set folders = {} -%}
    {%- do run_query("create schema if not exists " ~ target.schema) -%}
    {%- do run_query("drop table if exists " ~ listing) -%}
    {%- do run_query(
        "create table " ~ listing ~ " (path string, modificationTime timestamp, length bigint, "
        ~ "content binary) using binaryFile options (recursiveFileLookup 'true', pathGlobFilter "
        ~ "'*.parquet') location '" ~ absolute_raw_dir() ~ "'"
    ) -%}
    {%- set stamp = "concat_ws(' ', count(*), sum(length), max(modificationTime))" -%}
    {%- set folder -%}
        regexp_replace(regexp_replace(path, '^file:/+', '/'), '/[^/]*$', '')
    {%- endset -%}
    {%- for row in run_query(
        "select " ~ folder ~ " as folder, " ~ stamp ~ " as stamp from " ~ listing ~ " group by 1"
    ).rows -%}
        {%- do folders.update({row["folder"]: row["stamp"]}) -%}
    {%- endfor -%}
    {%- do run_query("drop table " ~ listing) -%}
    {{ return(folders) }}
{% endmacro %}

{% macro raw_folder(node) %}
    {%- set path = node.config.meta.external_location.split("'")[1] -%}
    {%- set path = path | replace("{name}", node.name) | replace("{identifier}", node.identifier) -%}
    {{ return(absolute_raw_dir() ~ path[var("raw_dir") | length:] | replace("/*.parquet", "")) }}
{% endmacro %}

{#- Var raw_dir as the cluster reads it: an address of a store, or a path below the project. -#}
{% macro absolute_raw_dir() %}
    {%- set raw_dir = var("raw_dir").rstrip("/") -%}
    {%- if raw_dir.startswith("/") or "://" in raw_dir -%}{{ return(raw_dir) }}{%- endif -%}
    {{ return(invocation_args_dict["project_dir"].rstrip("/") ~ "/" ~ raw_dir) }}
{% endmacro %}
