{#- dbt asks for the columns of one table at a time, tens of milliseconds each; every run asks once for
    all its tables, as they stand before it. Spark has no catalogue that answers for many. Dict from
    `schema.table` to the type of each column, both in lower case. -#}
{% macro columns_built(relations) %}
    {%- set known = run_memory("columns") -%}
    {%- set unknown = [] -%}
    {%- for relation in relations if relation.schema ~ "." ~ relation.identifier not in known -%}
        {%- do unknown.append(relation) -%}
    {%- endfor -%}
    {%- if unknown -%}
        {%- do known.update(adapter.dispatch("columns_built")(unknown)) -%}
    {%- endif -%}
    {{ return(known) }}
{% endmacro %}

{% macro default__columns_built(relations) %}
    {%- set found = {} -%}
    {%- for relation in relations -%}
        {%- set types = found.setdefault(relation.schema ~ "." ~ relation.identifier, {}) -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do types.update({column.name | lower: column.data_type | lower}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro duckdb__columns_built(relations) %}
    {{ return(rows__columns_built(
        "select schema_name || '.' || table_name, lower(column_name), lower(data_type) "
        ~ "from duckdb_columns() where database_name = current_database() and "
        ~ is_one_of("schema_name", relations | map(attribute="schema") | unique | list) ~ " and "
        ~ is_one_of("table_name", relations | map(attribute="identifier") | list)
    )) }}
{% endmacro %}

{% macro postgres__columns_built(relations) %}
    {{ return(rows__columns_built(
        "select nspname || '.' || relname, lower(attname), format_type(atttypid, atttypmod) "
        ~ "from pg_catalog.pg_attribute "
        ~ "inner join pg_catalog.pg_class on pg_class.oid = attrelid "
        ~ "inner join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace "
        ~ "where attnum > 0 and not attisdropped and "
        ~ is_one_of("nspname", relations | map(attribute="schema") | unique | list) ~ " and "
        ~ is_one_of("relname", relations | map(attribute="identifier") | list)
        ~ " order by attrelid, attnum"
    )) }}
{% endmacro %}

{% macro rows__columns_built(query) %}
    {%- set found = {} -%}
    {%- for table, column, type in run_query(query).rows -%}
        {%- do found.setdefault(table, {}).update({column: type}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
