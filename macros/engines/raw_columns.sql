{#- Names and types of a raw relation, or none where there is nothing to read. -#}
{% macro raw_columns(relation) %}
    {{ return(adapter.dispatch("raw_columns")(relation)) }}
{% endmacro %}

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

{#- dbt lists no foreign tables there, and no columns of a table that the role may not read. -#}
{% macro postgres__raw_columns(relation) %}
    {%- set found = run_query(
        "select attribute.attname, case type.typtype when 'e' then 'enum' else format_type(type.oid, null) end,"
        ~ " has_schema_privilege(class.relnamespace, 'usage'), has_table_privilege(class.oid, 'select')"
        ~ " from pg_catalog.pg_class as class"
        ~ " join pg_catalog.pg_attribute as attribute on class.oid = attribute.attrelid"
        ~ " join pg_catalog.pg_type as type on attribute.atttypid = type.oid"
        ~ " where class.relnamespace = to_regnamespace('\"" ~ relation.schema ~ "\"')"
        ~ " and class.relname = '" ~ dbt.escape_single_quotes(relation.identifier) ~ "'"
        ~ " and class.relkind in ('r', 'p', 'v', 'm', 'f')"
        ~ " and attribute.attnum > 0 and not attribute.attisdropped"
        ~ " order by attribute.attnum"
    ).rows -%}
    {%- if not found -%}{{ return(none) }}{%- endif -%}
    {%- if not (found[0][2] and found[0][3]) -%}
        {{ exceptions.raise_compiler_error(
            "role " ~ target.user ~ " may not read " ~ relation ~ ". As the owner: grant usage on schema "
            ~ relation.schema ~ " to " ~ target.user ~ "; grant select on all tables in schema "
            ~ relation.schema ~ " to " ~ target.user ~ "; see docs/engines.md."
        ) }}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for row in found -%}{%- do columns.update({row[0] | lower: row[1]}) -%}{%- endfor -%}
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
