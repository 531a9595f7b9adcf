{#- Free text becomes one of a closed list; what the list does not know stays visible, never `standard`. -#}

{% macro blank_to_null(text) %}nullif(trim({{ text }}), ''){% endmacro %}

{% macro service_tier(reported) -%}
    case
        when {{ blank_to_null(reported) }} is null then 'standard'
        when lower(trim({{ reported }})) in ('standard', 'default', 'on_demand') then 'standard'
        when lower(trim({{ reported }})) in ('batch', 'flex', 'priority', 'fast')
            then lower(trim({{ reported }}))
        else 'unknown'
    end
{%- endmacro %}

{% macro region_class(reported) -%}
    case
        when {{ blank_to_null(reported) }} is null then '*'
        when lower(trim({{ reported }})) in ('*', 'global', 'us', 'eu') then lower(trim({{ reported }}))
        else 'regional'
    end
{%- endmacro %}

{#- `default_value` where nothing was reported, `unknown` where the list does not have it. -#}
{% macro one_of(reported, accepted, default_value) -%}
    case
        when {{ blank_to_null(reported) }} is null then '{{ default_value }}'
        when lower(trim({{ reported }})) in ('{{ accepted | join("', '") }}')
            then lower(trim({{ reported }}))
        else 'unknown'
    end
{%- endmacro %}
