{#- What the last run left in the marts, for deciding what this run computes again: no row where there
    is nothing, or where everything is computed again anyway. -#}

{#- What each date's attempts were called and priced with. -#}
{% macro prices_as_built() -%}
    {%- set names = [
        "usage_date", "price_book", "price_sheet_key", "provider_name", "provider_id", "model_id",
        "service_tier", "region",
    ] -%}
    {%- set model = "coalesce(response_model, request_model)" -%}
    {%- set usage_at = "coalesce(started_at, ended_at)" -%}
    {%- set fact = _kept("fct_llm_usage") -%}
    {%- if fact is none -%}
    select
        {{ typed_null("date") }} as usage_date,
        {%- for name in names[1:] + ["reported_model"] %}
        {{ typed_null("text") }} as {{ name }},
        {%- endfor %}
        {{ typed_null("timestamp") }} as first_usage_at,
        {{ typed_null("timestamp") }} as last_usage_at
    where false
    {%- else -%}
    select
        {{ names | join(", ") }},
        {{ model }} as reported_model,
        min({{ usage_at }}) as first_usage_at,
        max({{ usage_at }}) as last_usage_at
    from {{ fact }}
    group by {{ names | join(", ") }}, {{ model }}
    {%- endif -%}
{%- endmacro %}

{#- What each billed quantity was priced with; `meter` holds the columns that name it. -#}
{% macro meters_as_built(meter) -%}
    {%- set meters = _kept("int_llm_usage_meters") -%}
    {%- if meters is none -%}
    select
        {%- for name in meter + ["region"] %}
        {{ typed_null("text") }} as {{ name }},
        {%- endfor %}
        {{ typed_null("date") }} as usage_date,
        {{ typed_null("timestamp") }} as usage_at,
        {{ typed_null(type_unit_price()) }} as unit_price
    where false
    {%- else -%}
    select {{ meter | join(", ") }}, region, usage_date, usage_at, unit_price
    from {{ meters }}
    {%- endif -%}
{%- endmacro %}

{#- Dates whose billed quantities a run priced anew that ended before their facts were written: what
    they were priced with is no evidence of what the facts hold. -#}
{% macro meters_ahead_of_facts() -%}
    {%- set meters, fact = _kept("int_llm_usage_meters"), _kept("fct_llm_usage") -%}
    {%- if meters is none or fact is none -%}
    select {{ typed_null("date") }} as usage_date where false
    {%- else -%}
    select meters.usage_date
    from (select distinct usage_date, restated_at from {{ meters }}) as meters
    left join (
        select usage_date, max(restated_at) as restated_at
        from {{ fact }}
        where usage_date in (select usage_date from {{ meters }})
        group by usage_date
    ) as facts
        on meters.usage_date = facts.usage_date
    where meters.restated_at is distinct from facts.restated_at
    {%- endif -%}
{%- endmacro %}

{#- The attempts whose attributes may change without a new version, with the attributes they have. -#}
{% macro attributes_as_built(attributes) -%}
    {%- set key = ["source_system", "source_instance", "event_id"] -%}
    {%- set fact = _kept("fct_llm_usage") -%}
    {%- if fact is none -%}
    select
        {{ typed_null("date") }} as usage_date,
        {{ typed_null("integer") }} as attempt_number,
        {{ typed_null("boolean") }} as is_deleted_upstream,
        {%- for name in key + attributes %}
        {{ typed_null("text") }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    where false
    {%- else -%}
    select usage_date, attempt_number, is_deleted_upstream, {{ (key + attributes) | join(", ") }}
    from {{ fact }}
    where {{ may_be_reattributed() }}
    {%- endif -%}
{%- endmacro %}

{#- What the application's own prices made of each attempt that reports a cost. -#}
{% macro app_costs_as_built() -%}
    {%- set lines = _kept("fct_reported_costs") -%}
    select
        {%- if lines is none %}
        {{ typed_null("text") }} as usage_key,
        {{ typed_null(type_cost()) }} as app_cost,
        {{ typed_null(type_cost()) }} as previous_app_cost
    where false
        {%- else %}
        usage_key,
        app_cost,
        previous_app_cost
    from {{ lines }}
    where source_system = 'synapscale'
        {%- endif %}
{%- endmacro %}

{#- Usage dates that have facts. -#}
{% macro dates_as_built() -%}
    {%- set fact = _kept("fct_llm_usage") -%}
    {%- if fact is none -%}
    select {{ typed_null("date") }} as usage_date where false
    {%- else -%}
    select distinct usage_date from {{ fact }}
    {%- endif -%}
{%- endmacro %}

{#- Dates that var `restate_dates` names. -#}
{% macro requested_dates() -%}
    {%- for date in var("restate_dates") %}
    select
        cast('{{ dbt.escape_single_quotes(date | string) }}' as date) as usage_date,
        'requested' as restatement_reason
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select {{ typed_null("date") }} as usage_date, {{ typed_null("text") }} as restatement_reason
    where false
    {%- endfor %}
{%- endmacro %}

{% macro _kept(model_name) %}
    {{ return(none if flags.FULL_REFRESH else as_built(model_name)) }}
{% endmacro %}
