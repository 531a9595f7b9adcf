{#- Names and types of a raw relation, or NULL with the reason where it cannot be read. -#}
{% macro raw_columns(relation) %}{{ return(adapter.dispatch("raw_columns")(relation)) }}{% endmacro %}

{#- DuckDB reads files in place, which its catalogue does not list; reading none is an error. -#}
{% macro duckdb__raw_columns(relation) %}
    {%- if var("raw_location") == "files" -%}
        {%- set path = (relation | string).split("'")[1] -%}
        {%- if not run_query("select 1 from glob('" ~ dbt.escape_single_quotes(path) ~ "') limit 1").rows -%}
            {{ return(none) }}
        {%- endif -%}
    {%- elif not run_query(
        "select 1 from information_schema.tables where table_schema = '" ~ var("raw_schema")
        ~ "' and table_name = '" ~ (relation | string).rstrip(")").split(".")[-1] ~ "'"
    ).rows -%}
        {{ return(none) }}
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
