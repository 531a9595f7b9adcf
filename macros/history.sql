{#- The newest received version of each key, its columns and `last_loaded_at`, the last time that
    any version of the key was received. `ties` tells apart what one batch says twice, so that
    every run takes the same. -#}
{% macro newest_rows(relation, key, order=["updated_at"], ties=[]) -%}
    {%- set newest_first = [] -%}
    {%- for column in order + ["_loaded_at", "_batch_id"] + ties -%}
        {%- do newest_first.append(column ~ " desc nulls last") -%}
    {%- endfor -%}
    select *
    from (
        select
            *,
            max(_loaded_at) over (partition by {{ key }}) as last_loaded_at,
            row_number() over (
                partition by {{ key }} order by {{ newest_first | join(", ") }}
            ) as version_rank
        from {{ relation }}
        where {{ key }} is not null
    ) as ranked_versions
    where version_rank = 1
{%- endmacro %}

{#- Periods that meet and say the same become one; of `carried` the smallest value is kept. -#}
{% macro merged_periods(relation, key, values, carried=[]) -%}
    {%- set keys = key | join(", ") -%}
    select
        {{ (key + values) | join(", ") }},
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
        {%- for column in carried %},
        min({{ column }}) as {{ column }}
        {%- endfor %}
    from (
        select
            *,
            sum(starts_anew) over (
                partition by {{ keys }} order by valid_from
                rows between unbounded preceding and current row
            ) as period_number
        from (
            select
                *,
                case
                    when
                        {%- for column in values %}
                        not ({{ column }} is distinct from lag({{ column }}) over in_order) and
                        {%- endfor %}
                        valid_from = lag(valid_to) over in_order
                        then 0
                    else 1
                end as starts_anew
            from {{ relation }}
            window in_order as (partition by {{ keys }} order by valid_from)
        ) as compared_periods
    ) as numbered_periods
    group by {{ (key + values) | join(", ") }}, period_number
{%- endmacro %}
