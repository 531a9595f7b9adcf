{#- For integrity tests: rows of `compared` whose two sides differ, or one row when nothing was
    compared, though the loader counted usage; with `of_accepted=false` refused rows are compared too.
    `sides` maps a label to the pair of columns that must be equal. -#}
{% macro differences(compared, label, sides, of_accepted=true) %}
    {%- for name, pair in sides.items() %}
    select
        cast({{ label }} as {{ dbt.type_string() }}) as place,
        '{{ name }}' as measure,
        cast({{ pair[0] }} as {{ dbt.type_string() }}) as expected,
        cast({{ pair[1] }} as {{ dbt.type_string() }}) as found
    from {{ compared }}
    where {{ pair[0] }} is distinct from {{ pair[1] }}
    union all
    {%- endfor %}
    select
        'everywhere' as place,
        'rows compared' as measure,
        'at least 1' as expected,
        '0' as found
    from (select count(*) as compared_rows from {{ compared }}) as counted
    where
        compared_rows = 0
        and (select sum(row_count) from {{ ref("stg_loads__batches") }} where {{ is_usage_batch() }})
        {%- if of_accepted %}
        > (
            select count(*)
            from {{ ref("int_llm_usage_judged") }}
            where version_status = 'rejected'
        )
        {%- else %}
        > 0
        {%- endif %}
{% endmacro %}

{#- `sides` of `differences` for columns named `<left>_<measure>` and `<right>_<measure>`. -#}
{% macro paired(measures, left, right) %}
    {%- set sides = {} -%}
    {%- for measure in measures -%}
        {%- do sides.update({measure: (left ~ "_" ~ measure, right ~ "_" ~ measure)}) -%}
    {%- endfor -%}
    {{ return(sides) }}
{% endmacro %}

{#- Join condition: two relations agree on each of the columns. -#}
{% macro equal_on(left, right, columns) -%}
    {%- for column in columns -%}
    {{ left }}.{{ column }} = {{ right }}.{{ column }}
    {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}
