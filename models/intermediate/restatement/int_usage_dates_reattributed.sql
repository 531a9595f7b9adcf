{{ config(materialized=in_place('table')) }}
{{ built_after(['int_tables_fully_loaded']) }}

{% set attributes = [
    'tenant_id', 'workspace_id', 'agent_id', 'provider_name', 'request_model',
] %}

-- What a source says about an attempt in other tables than its usage: who it belongs to, whether it
-- was deleted there, what the application's own price makes of it.
with built as (

    {{ attributes_as_built(attributes) }}

),

built_costs as (

    {{ app_costs_as_built() }}

),

app_costs as (

    select * from {{ ref('int_llm_usage_app_priced') }}

),

current_versions as (

    select * from {{ ref('int_llm_usage_current') }}
    where {{ may_be_reattributed() }}

),

attributes_changed as (

    select
        built.usage_date,
        'attributes_changed' as restatement_reason
    from built
    inner join current_versions
        on {{ equal_on('built', 'current_versions', [
            'source_system', 'source_instance', 'event_id', 'attempt_number',
        ]) }}
    where
        built.is_deleted_upstream <> current_versions.is_deleted_upstream
        {%- for name in attributes %}
        or {{ is_other_attribute('built', 'current_versions', name) }}
        {%- endfor %}

),

app_price_changed as (

    select
        app_costs.usage_date,
        'app_price_changed' as restatement_reason
    from built_costs
    inner join app_costs
        on built_costs.usage_key = app_costs.usage_key
    where
        built_costs.app_cost is distinct from app_costs.app_cost
        or built_costs.previous_app_cost is distinct from app_costs.previous_app_cost

),

-- Costed by a run that ended before its facts were written.
app_costs_ahead as (

    {{ dates_ahead_of_facts('int_llm_usage_app_costed', 'app_price_changed') }}

),

dates as (

    select * from attributes_changed
    union
    select * from app_price_changed
    union
    select * from app_costs_ahead

)

select * from dates
