{#- Stops a run before it builds anything when a raw table is missing or is not what its source
    declares. -#}
{% macro check_raw_sources() %}
    {%- if execute and flags.WHICH in ["build", "run", "test", "snapshot"] -%}
        {%- set problems = _unknown_sources() -%}
        {%- for source in graph.sources.values() if source.package_name == project_name -%}
            {%- do problems.extend(_raw_source_problems(source)) -%}
        {%- endfor -%}
        {%- if problems -%}
            {{ exceptions.raise_compiler_error(
                "the raw area is not ready:\n  - " ~ problems | join("\n  - ")
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- Sentences, one per name in var `sources` that no usage model stands for. -#}
{% macro _unknown_sources() %}
    {%- set known = usage_staging_models().keys() | list -%}
    {%- set there_is = "there is " ~ known | join(", ") ~ "." -%}
    {%- set problems = [] -%}
    {%- for name in var("sources") if name not in known -%}
        {%- do problems.append("var sources: there is no source `" ~ name ~ "`; " ~ there_is) -%}
    {%- endfor -%}
    {%- if not var("sources") -%}
        {%- do problems.append("var sources: names no source; " ~ there_is) -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{#- Sentences, one per difference between a source's declaration and what is there. -#}
{% macro _raw_source_problems(source) %}
    {%- set problems = [] -%}
    {%- set name = source.source_name ~ "." ~ source.name -%}
    {%- set relation = builtins.source(source.source_name, source.name) -%}
    {%- set found = raw_columns(relation) -%}
    {%- set load_again = "Load the file again with scripts/load_raw.py" -%}
    {%- if found is none -%}
        {%- do problems.append(
            name ~ ": nothing at " ~ relation ~ ". Load a file with scripts/load_raw.py, write "
            ~ "sample data with `make sample`, or set the vars raw_dir, raw_location and "
            ~ "raw_schema to where the data are; docs/loading.md says what a table of your own "
            ~ "must hold."
        ) -%}
    {%- else -%}
        {%- for column in source.columns.values() -%}
            {%- set type = found.get(column.name) -%}
            {%- if type is none -%}
                {%- do problems.append(
                    name ~ "." ~ column.name ~ ": the column is missing in " ~ relation
                    ~ "; it has " ~ found.keys() | join(", ") ~ ". " ~ load_again ~ ", which "
                    ~ "writes every declared column, or add it to your table as " ~ column.data_type ~ "."
                ) -%}
            {%- elif type not in raw_types()[column.data_type] -%}
                {%- set zone = " (an instant needs its zone)" -%}
                {%- do problems.append(
                    name ~ "." ~ column.name ~ ": the type is " ~ type ~ ", declared is "
                    ~ column.data_type ~ (zone if column.data_type == "timestamptz" else "")
                    ~ ". " ~ load_again ~ ", or change the type in your table."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}
