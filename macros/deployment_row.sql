{#- Row of seeds/pricing/llm_deployments.csv that says: this name of this provider is the first of these
    LLMs, at any time. One row for all spellings of a name, as the seed is read. -#}
{% macro deployment_row(provider_name, reported_model, llm_ids) -%}
    {%- set llm_id = "split_part(" ~ llm_ids ~ ", ', ', 1)" -%}
    {%- set provider_id = "split_part(" ~ llm_id ~ ", '/', 1)" -%}
    concat_ws(
        ',',
        {{ csv_value("lower(coalesce(" ~ provider_name ~ ", 'unattributed'))") }},
        {{ csv_value(catalogue_name("coalesce(" ~ reported_model ~ ", 'unattributed')")) }},
        {{ provider_id }},
        {{ csv_value("substr(" ~ llm_id ~ ", length(" ~ provider_id ~ ") + 2)") }},
        '',
        ''
    )
{%- endmacro %}

{#- A text as one value of a CSV file. -#}
{% macro csv_value(text) -%}
    case
        when {{ text }} like '%,%' or {{ text }} like '%"%'
            then '"' || replace({{ text }}, '"', '""') || '"'
        else {{ text }}
    end
{%- endmacro %}
