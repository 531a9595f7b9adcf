{#- DuckDB reads raw files in place and PostgreSQL has tables; Spark reads files by a path of its own
    machines, and only under a name that its catalogue holds. Before a run each folder of raw files
    becomes an external table in `raw_schema`, its columns those of all its files; one that is as the
    last run found it is left alone. -#}
{% macro register_raw_files() %}
    {%- if execute -%}{%- do adapter.dispatch("register_raw_files")() -%}{%- endif -%}
{% endmacro %}

{% macro default__register_raw_files() %}{% endmacro %}

{% macro spark__register_raw_files() %}
    {%- if var("raw_location") == "files" -%}
        {%- do refuse_apostrophe_in_raw_dir() -%}
        {%- set found = folders_with_raw_files() -%}
        {%- set registered = raw_files_registered() -%}
        {%- for node in graph.sources.values() if node.package_name == project_name -%}
            {%- set relation = builtins.source(node.source_name, node.name) -%}
            {%- set folder = raw_folder(node) -%}
            {%- set stamp = found.get(folder) -%}
            {%- if registered.get(relation | string) != stamp -%}
                {%- do forget_registered(relation, registered) -%}
                {%- if stamp is not none -%}
                    {%- do run_query(
                        "create table " ~ relation ~ " using parquet options (mergeSchema 'true') "
                        ~ "location '" ~ folder ~ "' tblproperties ('llm_finops.raw_files' = '"
                        ~ stamp ~ "')"
                    ) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
