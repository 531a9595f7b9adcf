{#- Names of models, as usage reports them and as the price catalogue holds them. -#}

{#- A reported model name as the catalogue spells it: lower case, and of a cloud's long resource name
    what the customer's account does not change. Any other name is looked up as it is. -#}
{% macro catalogue_name(reported) -%}
    case
        when
            lower({{ reported }}) like '%arn:aws%:bedrock:%'
            or lower({{ reported }}) like 'projects/%'
            then {{ _without_account("lower(" ~ reported ~ ")") }}
        else lower({{ reported }})
    end
{%- endmacro %}

{#- A foundation model's ARN keeps its region, which some prices depend on; so does Vertex. -#}
{% macro _without_account(name) -%}
    case
        when {{ name }} like '%:inference-profile/%'
            then split_part({{ name }}, ':inference-profile/', 2)
        when {{ name }} like '%::foundation-model/%'
            then
                'bedrock/' || split_part({{ name }}, ':', 4) || '/'
                || split_part({{ name }}, '::foundation-model/', 2)
        when {{ name }} like 'projects/%/locations/%/publishers/%/models/%'
            then
                'locations/' || split_part({{ name }}, '/', 4) || '/publishers/'
                || split_part({{ name }}, '/publishers/', 2)
        else {{ name }}
    end
{%- endmacro %}
