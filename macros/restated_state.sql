{#- Configuration of a table that raw data cannot rebuild: rows are only added, and a full refresh
    leaves it alone. -#}
{% macro appended_state() %}
    {{ return({
        "materialized": "incremental",
        "incremental_strategy": "append",
        "full_refresh": false,
        "on_schema_change": "append_new_columns",
        "meta": {"state": true},
    }) }}
{% endmacro %}

{#- The newest row of each date in `usage_restatements`, its measures after that restatement. -#}
{% macro newest_restatements(measures) -%}
    {%- if keeps_earlier_rows() -%}
    select
        usage_date,
        restated_at,
        {%- for name in measures %}
        {{ name }}_after as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from (
        select *, max(restated_at) over (partition by usage_date) as newest_restated_at
        from {{ this }}
    ) as restatements
    where restated_at = newest_restated_at and {{ is_unrecorded("fct_llm_usage_daily") }}
    {%- else -%}
    select
        {{ typed_null("date") }} as usage_date,
        {{ typed_null("timestamp") }} as restated_at,
        {%- for name, type in measures.items() %}
        {{ typed_null(type) }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    where false
    {%- endif -%}
{%- endmacro %}

{#- Condition on rows with a usage date: the date was computed, or became empty, after the model at hand
    recorded it. -#}
{% macro is_unrecorded(parent) -%}
    {%- set dates = none -%}
    {%- if keeps_earlier_rows() -%}
        {%- set dates = run_query(
            "select coalesce(computed.restated_key, recorded.usage_date) as usage_date from ("
            ~ stamps_of_dates(ref(parent)) ~ ") as computed full outer join (select usage_date, "
            ~ "max(restated_at) as restated_at from " ~ this ~ " group by usage_date) as recorded "
            ~ "on computed.restated_key = recorded.usage_date "
            ~ "where computed.restated_at is distinct from recorded.restated_at order by 1"
        ).columns[0].values() | list -%}
    {%- endif -%}
    {{ is_one_of_dates("usage_date", dates) }}
{%- endmacro %}

{#- Each measure before and after, and what it changed by; a side that is not there counts as 0, and
    a cost that is not known leaves the difference unknown. -#}
{% macro before_and_after(measures, before, after) -%}
    {%- for name, type in measures.items() -%}
    {%- for side, suffix in {before: "before", after: "after"}.items() %}
    cast(case when {{ side }}.usage_date is null then 0 else {{ side }}.{{ name }} end as {{ type }})
        as {{ name }}_{{ suffix }},
    {%- endfor %}
    cast(
        case when {{ after }}.usage_date is null then 0 else {{ after }}.{{ name }} end
        - case when {{ before }}.usage_date is null then 0 else {{ before }}.{{ name }} end
        as {{ type }}
    ) as {{ name }}_delta
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
