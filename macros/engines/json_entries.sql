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
            when {{ is_json_object(json) }} then {{ json }}
            else '{"unreadable": ""}'
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
                when {{ is_json_object(json) }} then {{ json }}
                else '{"unreadable": ""}'
            end as json
        )
    ) as entry
    where {{ json }} is not null and entry.value is not null
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
