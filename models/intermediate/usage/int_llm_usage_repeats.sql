{{ config(materialized='table') }}

{% set key = ['source_system', 'source_instance', 'source_record_id'] %}
{% set version_order = 'source_updated_at nulls first, _loaded_at, _batch_id' %}

-- Ranking every row costs twice the time and four times the memory of ranking only what repeats.
with repeated_keys as (

    select {{ key | join(', ') }}
    from {{ ref('int_llm_usage_history') }}
    where source_record_id is not null
    group by {{ key | join(', ') }}
    having count(*) > 1

),

received as (

    select
        history.*,
        {{ stable_key(prefixed('history', usage_payload_columns())) }} as payload_hash
    from {{ ref('int_llm_usage_history') }} as history
    inner join repeated_keys
        on
            history.source_record_id = repeated_keys.source_record_id
            and history.source_instance = repeated_keys.source_instance
            and history.source_system = repeated_keys.source_system

),

-- Two payloads that claim the same moment in one batch: nothing says which one is true.
conflicts_found as (

    select
        *,
        min(payload_hash) over same_claim <> max(payload_hash) over same_claim as is_conflict
    from received
    window same_claim as (partition by {{ key | join(', ') }}, source_updated_at, _batch_id)

),

acceptability as (

    select
        *,
        case when is_conflict then coalesce(rejection_reason, 'conflicting_versions') else rejection_reason end
            as version_rejection_reason
    from conflicts_found

),

-- A row that says what the row before it said is the same version, received again.
compared as (

    select
        *,
        case
            when
                payload_hash = lag(payload_hash) over in_order
                and source_updated_at is not distinct from lag(source_updated_at) over in_order
                then 0
            else 1
        end as starts_version
    from acceptability
    window in_order as (
        partition by {{ key | join(', ') }}, version_rejection_reason is null
        order by {{ version_order }}
    )

),

numbered as (

    select
        *,
        sum(starts_version) over (
            partition by {{ key | join(', ') }}, version_rejection_reason is null
            order by {{ version_order }}
            rows between unbounded preceding and current row
        ) as version_number
    from compared

),

judged as (

    select
        {{ usage_history_columns() | reject('equalto', 'rejection_reason') | join(',\n        ') }},
        payload_hash,
        version_rejection_reason as rejection_reason,
        case
            when version_rejection_reason is not null then 'rejected'
            when starts_version = 0 then 'duplicate'
            when version_number = max(version_number) over in_attempt then 'current'
            else 'superseded'
        end as version_status,
        min(_loaded_at) over in_attempt as first_loaded_at,
        sum(1 - starts_version) over in_attempt as duplicate_count
    from numbered
    window in_attempt as (
        partition by {{ key | join(', ') }}, version_rejection_reason is null
    )

)

select * from judged
