{#- Every engine unnests a JSON object its own way, and two of them stop at text that is none: it
    yields one entry `unreadable`, whose cost is unknown. A null entry is absent. Columns: `columns`,
    `entry_name`, `entry_value`. -#}
{% macro json_entries(relation, json, columns) %}
    {{ return(adapter.dispatch("json_entries")(relation, json, columns)) }}
{% endmacro %}

{% macro default__json_entries(relation, json, columns) -%}
    select
        {{ columns | join(", ") }},
        entry.key as entry_name,
        json_extract_string(entry.value, '$') as entry_value
    from {{ relation }}, json_each(
        case
            when not json_valid({{ json }}) then '{"unreadable": ""}'
            when json_type({{ json }}) <> 'OBJECT' then '{"unreadable": ""}'
            else {{ json }}
        end
    ) as entry
    where {{ json }} is not null and json_type(entry.value) <> 'NULL'
{%- endmacro %}

{% macro postgres__json_entries(relation, json, columns) -%}
    select
        {{ columns | join(", ") }},
        entry.key as entry_name,
        entry.value as entry_value
    from {{ relation }}, json_each_text(
        cast(
            case
                when {{ _is_json_object(json) }} then {{ json }}
                else '{"unreadable": ""}'
            end as json
        )
    ) as entry
    where {{ json }} is not null and entry.value is not null
{%- endmacro %}

{#- PostgreSQL asks whether text is JSON (`is json`) from version 16 on. Here texts and then other
    scalars become one character each, and what holds only those becomes one, from within; values
    may be nested eight deep. -#}
{% macro _is_json_object(text) -%}
    {%- set steps -%}
    "([^"\\\u0001-\u001f]|\\(["\\/bfnrt]|u(?!0000|[dD][89abABc-fC-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*"
    -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null
    [ \t\n\r]+
    \[([\u0001\u0002](,[\u0001\u0002])*)?\]|\{(\u0001:[\u0001\u0002](,\u0001:[\u0001\u0002])*)?\}
    {%- endset -%}
    {%- set (texts, scalars, blanks, nested) = steps.strip().split("\n") | map("trim") -%}
    {%- set read = namespace(sql="'x' || " ~ text) -%}
    {%- for pattern, replacement in
        [(texts, "chr(1)"), (scalars, "chr(2)"), (blanks, "''")] + [(nested, "chr(2)")] * 8 -%}
        {%- set read.sql = "regexp_replace(" ~ read.sql ~ ", '" ~ pattern ~ "', " ~ replacement ~ ", 'g')" -%}
    {%- endfor -%}
    {{ text }} !~ '[\u0001\u0002]'
    and left(ltrim({{ text }}, e' \t\n\r'), 1) = '{'
    and {{ read.sql }} = 'x' || chr(2)
{%- endmacro %}

{% macro spark__json_entries(relation, json, columns) -%}
    select
        {{ columns | join(", ") }},
        entry_name,
        entry_value
    from {{ relation }}
    lateral view explode(
        coalesce(from_json({{ json }}, 'map<string,string>'), map('unreadable', ''))
    ) entry as entry_name, entry_value
    where {{ json }} is not null and entry_value is not null
{%- endmacro %}
