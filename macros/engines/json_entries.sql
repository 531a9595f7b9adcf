{#- Every engine unnests a JSON object its own way, and two of them stop at text that is none: it yields
    one entry `unreadable`, whose cost is unknown. Columns: `columns`, `entry_name`, `entry_value`. -#}
{% macro json_entries(relation, json, columns) %}
    {{ return(adapter.dispatch("json_entries")(relation, json, columns)) }}
{% endmacro %}

{% macro default__json_entries(relation, json, columns) -%}
    select
        {{ columns | join(", ") }},
        entry.key as entry_name,
        cast(entry.value as varchar) as entry_value
    from {{ relation }}, json_each(
        case when json_valid({{ json }}) then {{ json }} else '{"unreadable": null}' end
    ) as entry
    where {{ json }} is not null
{%- endmacro %}

{% macro postgres__json_entries(relation, json, columns) -%}
    select
        {{ columns | join(", ") }},
        entry.key as entry_name,
        entry.value as entry_value
    from {{ relation }}, jsonb_each_text(cast({{ json }} as jsonb)) as entry
    where {{ json }} is not null
{%- endmacro %}

{% macro spark__json_entries(relation, json, columns) -%}
    select
        {{ columns | join(", ") }},
        entry_name,
        entry_value
    from {{ relation }}
    lateral view explode(from_json({{ json }}, 'map<string,string>')) entry as entry_name, entry_value
    where {{ json }} is not null
{%- endmacro %}
