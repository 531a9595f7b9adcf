{#- One text for one tuple: `|` separates, `~` escapes and, alone, stands for NULL. -#}
{% macro key_text(parts) -%}
    {%- for part in parts -%}
        {{ _escaped_part("cast(" ~ part ~ " as " ~ dbt.type_string() ~ ")") }}
        {%- if not loop.last %} || '|' || {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Replacing copies every string; asking first leaves the usual, clean ones alone. -#}
{% macro _escaped_part(text) -%}
    coalesce(
        case
            when {{ text }} like '%|%' or {{ text }} like '%~%'
                then replace(replace({{ text }}, '~', '~~'), '|', '~.')
            else {{ text }}
        end,
        '~'
    )
{%- endmacro %}

{#- Surrogate key of a tuple of strings or integers, the same on every engine. -#}
{% macro stable_key(parts) -%}
    {{ dbt.hash(key_text(parts)) }}
{%- endmacro %}

{#- `["a", "b"]` of relation `r` as `["r.a", "r.b"]`. -#}
{% macro prefixed(relation, columns) %}
    {%- set names = [] -%}
    {%- for column in columns %}{% do names.append(relation ~ "." ~ column) %}{% endfor -%}
    {{ return(names) }}
{% endmacro %}

{#- `provider/model`; the first slash divides, so a slash in a provider's name is replaced. -#}
{% macro llm_id(provider_id, model_id) -%}
    replace({{ provider_id }}, '/', '~') || '/' || {{ model_id }}
{%- endmacro %}
