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
                when {{ json }} ~ '{{ _json_object_pattern() }}' then {{ json }}
                else '{"unreadable": ""}'
            end as json
        )
    ) as entry
    where {{ json }} is not null and entry.value is not null
{%- endmacro %}

{#- PostgreSQL asks whether text is JSON (`is json`) from version 16 on. Values may be nested three
    deep: a regular expression does not count brackets. -#}
{% macro _json_object_pattern() -%}
    {%- set text -%}
    "([^"\\\u0001-\u001f]|\\(["\\/bfnrt]|u([1-9a-cA-CefEF][0-9a-fA-F]{3}|0[1-9a-fA-F][0-9a-fA-F]{2}|00[1-9a-fA-F][0-9a-fA-F]|000[1-9a-fA-F]|[dD][0-7][0-9a-fA-F]{2}|[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})))*"
    {%- endset -%}
    {%- set blank = "[ \\t\\n\\r]*" -%}
    {%- set scalar = text ~ "|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null" -%}
    {%- set levels = namespace(value=scalar, object="") -%}
    {%- for level in range(4) -%}
        {%- set value = blank ~ "(" ~ levels.value ~ ")" ~ blank -%}
        {%- set entry = blank ~ text ~ blank ~ ":" ~ value -%}
        {%- set levels.object = "\\{(" ~ entry ~ "(," ~ entry ~ ")*|" ~ blank ~ ")\\}" -%}
        {%- set array = "\\[(" ~ value ~ "(," ~ value ~ ")*|" ~ blank ~ ")\\]" -%}
        {%- set levels.value = scalar ~ "|" ~ levels.object ~ "|" ~ array -%}
    {%- endfor -%}
    ^{{ blank }}{{ levels.object }}{{ blank }}$
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
