{#- An apostrophe would end the path in every query on the files. -#}
{% macro refuse_apostrophe_in_raw_dir() %}
    {%- if "'" in var("raw_dir") -%}
        {{ exceptions.raise_compiler_error(
            "var raw_dir: " ~ var("raw_dir") ~ " holds an apostrophe, which ends a path in SQL. "
            ~ "Move the raw area to a folder without one, and set raw_dir to it."
        ) }}
    {%- endif -%}
{% endmacro %}

{#- Drops a table that an earlier run registered, never one that somebody else made. -#}
{% macro forget_registered(relation) %}
    {%- if run_query(
        "show tables in " ~ relation.without_identifier() ~ " like '" ~ relation.identifier ~ "'"
    ).rows -%}
        {%- set properties = run_query("show tblproperties " ~ relation).rows -%}
        {%- if "llm_finops.raw_files" not in properties | map(attribute=0) | list -%}
            {{ exceptions.raise_compiler_error(
                relation ~ " is a table that this project did not make, and var raw_location says "
                ~ "`files`. Set raw_location to `table` to read it, or raw_schema to another schema."
            ) }}
        {%- endif -%}
        {%- do run_query("drop table " ~ relation) -%}
    {%- endif -%}
{% endmacro %}

{#- Folders of the raw area with at least one Parquet file, as the cluster sees them; a table of no
    columns but the path lists files and takes an absent folder for an empty one. -#}
{% macro folders_with_raw_files() %}
    {%- set listing = api.Relation.create(
        schema=var("raw_schema"), identifier="llm_finops_raw_files", type="table"
    ) -%}
    {%- do run_query("create schema if not exists " ~ listing.without_identifier()) -%}
    {%- do run_query("drop table if exists " ~ listing) -%}
    {%- do run_query(
        "create table " ~ listing ~ " (path string, modificationTime timestamp, length bigint, "
        ~ "content binary) using binaryFile options (recursiveFileLookup 'true', pathGlobFilter "
        ~ "'*.parquet') location '" ~ absolute_raw_dir() ~ "'"
    ) -%}
    {%- set folders = run_query(
        "select distinct regexp_replace(regexp_replace(path, '^file:/+', '/'), '/[^/]*$', '') from "
        ~ listing
    ).columns[0].values() -%}
    {%- do run_query("drop table " ~ listing) -%}
    {{ return(folders | list) }}
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
