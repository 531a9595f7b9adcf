{#- Every engine unnests a JSON object its own way. Yields `entry_name`, `entry_value` beside `columns`. -#}
{% macro json_entries(relation, json, columns) %}
    {{ return(adapter.dispatch("json_entries")(relation, json, columns)) }}
{% endmacro %}

{% macro default__json_entries(relation, json, columns) -%}
    select
        {{ columns | join(", ") }},
        entry.key as entry_name,
        cast(entry.value as varchar) as entry_value
    from {{ relation }}, json_each({{ json }}) as entry
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
