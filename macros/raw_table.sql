{#- Every declared and stored column of a raw table, whatever a deployment has of it: a column or a
    table that only some versions have is NULL or empty. What must be there, `check_raw_sources`
    asks for. -#}
{% macro raw_table(source_name, table_name) -%}
    {%- set relation = source(source_name, table_name) -%}
    {%- if not execute or relation.is_cte -%}
    select * from {{ relation }}
    {%- else -%}
        {%- set node_id = ["source", project_name, source_name, table_name] | join(".") -%}
        {%- set found = raw_columns(relation) -%}
    select
        {%- for column in stored_columns(graph.sources[node_id]) %}
        {% if column.name not in (found or {}) -%}
        cast(null as {{ raw_types()[column.data_type][0] }}) as {{ column.name }}
        {%- elif _must_be_cast(found[column.name], column.data_type) -%}
        cast({{ column.name }} as {{ raw_types()[column.data_type][0] }}) as {{ column.name }}
        {%- else -%}
        {{ column.name }}
        {%- endif %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    {%- if found %}
    from {{ relation }}
    {%- else %}
    where false
    {%- endif %}
    {%- endif -%}
{%- endmacro %}

{#- Declared columns of a source's table that the loader writes. -#}
{% macro stored_columns(node) %}
    {%- set columns = [] -%}
    {%- for column in node.columns.values() if (column.config.meta or {}).get("stored", true) -%}
        {%- do columns.append(column) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}

{#- Whether a column holds a declared type in another one that loses nothing: an id may be a number
    or a UUID, a word of a closed list an enumeration. A float is left to `float_to_decimal`, which
    reads exact numbers too. -#}
{% macro _must_be_cast(found_type, data_type) %}
    {%- set as_text = {
        "text": ["uuid", "enum", "bigint", "integer", "int"],
        "json": ["json", "jsonb"],
    } -%}
    {{ return(found_type in as_text.get(data_type, [])) }}
{% endmacro %}

{#- NULL of an SQL type; `text` and `json` are the engine's type for text, an instant is what models
    make of it, not what files hold. -#}
{% macro typed_null(type) -%}
    {%- set names = {
        "text": dbt.type_string(), "json": dbt.type_string(), "timestamp": dbt.type_timestamp(),
    } -%}
    cast(null as {{ names.get(type, type) }})
{%- endmacro %}

{#- Columns of a model of one source; no row, but the same columns, where var `sources` leaves the
    source out, so that what reads them needs no source. -#}
{% macro source_rows(source_name, model, columns) -%}
    {%- if source_name in var("sources") -%}
    select {{ columns.keys() | join(", ") }}
    from {{ ref(model) }}
    {%- else -%}
    select
        {%- for name, type in columns.items() %}
        {{ typed_null(type) }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    where false
    {%- endif -%}
{%- endmacro %}

{#- An apostrophe would end the path in every query on the files. -#}
{% macro refuse_apostrophe_in_raw_dir() %}
    {%- if "'" in var("raw_dir") -%}
        {{ exceptions.raise_compiler_error(
            "var raw_dir: " ~ var("raw_dir") ~ " holds an apostrophe, which ends a path in SQL. "
            ~ "Move the raw area to a folder without one, and set raw_dir to it."
        ) }}
    {%- endif -%}
{% endmacro %}
