{#- How staging names a user: what var `user_label` chose, and nothing by default, because names of
    people are personal data. -#}
{% macro user_label() -%}
    {%- set choices = {
        "none": typed_null("text"),
        "username": blank_to_null("username"),
        "full_name": blank_to_null("full_name"),
    } -%}
    {%- set choice = var("user_label") or "none" -%}
    {%- if choice not in choices -%}
        {{ exceptions.raise_compiler_error(
            "var user_label: there is no label `" ~ choice ~ "`; there is "
            ~ choices.keys() | join(", ") ~ "."
        ) }}
    {%- endif -%}
    {{ choices[choice] }}
{%- endmacro %}

{#- Who bears a workspace's cost, from a row of `int_cost_centers_dated`, or from none; NULL where
    `is_one_workspace` says that a row is not about one. -#}
{% macro cost_center_columns(relation, is_one_workspace=none) -%}
    {%- for column in ["cost_center", "workspace_environment"] -%}
        {%- set assigned = "coalesce(" ~ relation ~ "." ~ column ~ ", 'unassigned')" -%}
        {%- if is_one_workspace -%}
    case when {{ is_one_workspace }} then {{ assigned }} end as {{ column }}
        {%- else -%}
    {{ assigned }} as {{ column }}
        {%- endif -%}
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro %}
