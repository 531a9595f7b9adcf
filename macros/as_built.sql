{#- What the last run left in the marts, for deciding what this run computes again: no row where there
    is nothing, or where everything is computed again anyway. -#}

{#- Dates of a model that a run computed before it ended without their facts: what the model holds is
    no evidence of what the facts hold. -#}
{% macro dates_ahead_of_facts(model_name, reason) -%}
    {%- set built, fact = _kept(model_name), _kept("fct_llm_usage") -%}
    {%- if built is none or fact is none -%}
    select
        {{ typed_null("date") }} as usage_date,
        '{{ reason }}' as restatement_reason
    where false
    {%- else -%}
    select
        built.usage_date,
        '{{ reason }}' as restatement_reason
    from (select distinct usage_date, restated_at from {{ built }}) as built
    left join ({{ stamps_of_dates(fact) }}) as facts
        on built.usage_date = facts.restated_key
    where built.restated_at is distinct from facts.restated_at
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

{#- What the application's own prices made of each attempt. -#}
{% macro app_costs_as_built() -%}
    {%- set costs = _kept("int_llm_usage_app_costed") -%}
    select
        {%- if costs is none %}
        {{ typed_null("text") }} as usage_key,
        {{ typed_null(type_cost()) }} as app_cost,
        {{ typed_null(type_cost()) }} as previous_app_cost
    where false
        {%- else %}
        usage_key,
        app_cost,
        previous_app_cost
    from {{ costs }}
        {%- endif %}
{%- endmacro %}

{#- Usage dates that have facts. -#}
{% macro dates_as_built() -%}
    {%- set fact = _kept("fct_llm_usage") -%}
    {%- if fact is none -%}
    select {{ typed_null("date") }} as usage_date where false
    {%- else -%}
    select restated_key as usage_date from ({{ stamps_of_dates(fact) }}) as facts
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
