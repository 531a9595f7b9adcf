{#- Names and types of a raw relation, or none where there is nothing to read. -#}
{% macro raw_columns(relation) %}{{ return(adapter.dispatch("raw_columns")(relation)) }}{% endmacro %}

{#- DuckDB reads files in place, which its catalogue does not list; reading none is an error. -#}
{% macro duckdb__raw_columns(relation) %}
    {%- if var("raw_location") == "files" -%}
        {%- do refuse_apostrophe_in_raw_dir() -%}
        {%- set path = (relation | string).split("'")[1] -%}
        {%- if not run_query("select 1 from glob('" ~ path ~ "') limit 1").rows -%}
            {{ return(none) }}
        {%- endif -%}
    {%- elif var("raw_location") == "table" -%}
        {%- set address = (relation | string).split(" from ")[-1].rstrip(")") -%}
        {%- set (schema, name) = address.rsplit(".", 1) -%}
        {%- if not run_query(
            "select 1 from information_schema.tables where table_catalog = current_database()"
            ~ " and lower(table_schema) = lower('" ~ dbt.escape_single_quotes(schema) ~ "')"
            ~ " and lower(table_name) = lower('" ~ dbt.escape_single_quotes(name) ~ "')"
        ).rows -%}
            {{ return(none) }}
        {%- endif -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "var raw_location: there is no location `" ~ var("raw_location") ~ "`; there is files, table."
        ) }}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for row in run_query("describe select * from " ~ relation).rows -%}
        {%- do columns.update({row[0]: row[1] | lower}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{% macro default__raw_columns(relation) %}
    {%- set found = load_relation(relation) -%}
    {%- if found is none -%}{{ return(none) }}{%- endif -%}
    {%- set columns = {} -%}
    {%- for column in adapter.get_columns_in_relation(found) -%}
        {%- do columns.update({column.name | lower: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
