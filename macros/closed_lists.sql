{#- Free text becomes one of a closed list; what the list does not know stays visible, never
    `standard`. -#}

{#- Trimming copies every string; asking first leaves the usual, clean ones alone. -#}
{% macro blank_to_null(text) -%}
    case
        when {{ text }} = '' or {{ text }} like ' %' or {{ text }} like '% '
            then nullif(trim({{ text }}), '')
        else {{ text }}
    end
{%- endmacro %}

{% macro service_tier(reported) -%}
    case
        when coalesce(trim({{ reported }}), '') = '' then 'standard'
        when lower(trim({{ reported }})) in ('standard', 'default', 'on_demand') then 'standard'
        when lower(trim({{ reported }})) in ('batch', 'flex', 'priority', 'fast')
            then lower(trim({{ reported }}))
        else 'unknown'
    end
{%- endmacro %}

{% macro region_class(reported) -%}
    case
        when coalesce(trim({{ reported }}), '') = '' then '*'
        when lower(trim({{ reported }})) in ('*', 'global', 'us', 'eu')
            then lower(trim({{ reported }}))
        else 'regional'
    end
{%- endmacro %}

{#- Every class that `region_class` yields, one row each. -#}
{% macro region_classes() -%}
    {%- for region in ["*", "global", "us", "eu", "regional"] -%}
    select '{{ region }}' as region_class
    {%- if not loop.last %}
    union all
    {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- `default_value` where nothing was reported, `unknown` where the list does not have it. -#}
{% macro one_of(reported, accepted, default_value) -%}
    case
        when coalesce(trim({{ reported }}), '') = '' then '{{ default_value }}'
        when lower(trim({{ reported }})) in ('{{ accepted | join("', '") }}')
            then lower(trim({{ reported }}))
        else 'unknown'
    end
{%- endmacro %}
