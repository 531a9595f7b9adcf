{#- What the gates of the quality marts say, as text: for people, never for arithmetic. -#}

{#- A share of a whole, such as `4.70 %`. -#}
{% macro percent_text(part, whole) -%}
    cast(cast(100 * {{ ratio(part, whole) }} as {{ type_percent() }}) as {{ dbt.type_string() }}) || ' %'
{%- endmacro %}

{#- The next whole hundredth above a share: as a var it lets that share pass. -#}
{% macro share_that_passes(part, whole) -%}
    cast(
        cast(least(floor(100 * {{ ratio(part, whole) }}) + 1, 100) / 100 as {{ type_percent() }})
        as {{ dbt.type_string() }}
    )
{%- endmacro %}

{#- The first texts of a column in the order of their ranks, a line each; NULL where there is none. -#}
{% macro first_lines(text, rank, lines=5) -%}
    nullif(concat_ws(
        chr(10),
        {%- for place in range(1, lines + 1) %}
        max(case when {{ rank }} = {{ place }} then {{ text }} end)
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    ), '')
{%- endmacro %}
