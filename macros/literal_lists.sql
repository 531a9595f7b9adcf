{#- Conditions on lists that an earlier query found, as literals: a subquery prunes no file and no
    partition. -#}

{#- Condition: the column is one of a list of texts; always true for none. -#}
{% macro is_one_of(column, texts) -%}
    {%- if texts is none -%}
    true
    {%- elif texts | length == 0 -%}
    false
    {%- else -%}
    {{ column }} in (
        {%- for text in texts -%}
        '{{ dbt.escape_single_quotes(text) }}'{% if not loop.last %}, {% endif %}
        {%- endfor -%}
    )
    {%- endif -%}
{%- endmacro %}

{#- The same for dates. -#}
{% macro is_one_of_dates(expression, dates) -%}
    {%- if dates is none -%}
    true
    {%- elif dates | length == 0 -%}
    false
    {%- else -%}
    {{ expression }} in (
        {%- for date in dates -%}
        cast('{{ date }}' as date){% if not loop.last %}, {% endif %}
        {%- endfor -%}
    )
    {%- endif -%}
{%- endmacro %}
