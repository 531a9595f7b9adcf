{{ config(materialized='table') }}

{% set key = ['source_system', 'source_instance', 'source_record_id'] %}
{% set version_order = 'source_updated_at nulls first, _loaded_at, _batch_id' %}

-- Ranking every row costs twice the time and four times the memory of ranking only what repeats.
-- Two attempts may share a hash; both are then judged, each by its own key.
with shared_hashes as (

    select attempt_hash
    from {{ ref('int_llm_usage_history') }}
    group by attempt_hash
    having count(*) > 1

),

received as (

    select
        *,
        {{ stable_key(usage_payload_columns()) }} as payload_hash
    from {{ ref('int_llm_usage_history') }}
    where
        rejection_reason is not null
        or attempt_hash in (select attempt_hash from shared_hashes)

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
        coalesce(rejection_reason, case when is_conflict then 'conflicting_versions' end)
            as version_rejection_reason
    from conflicts_found

),

-- A row that says what the row before it said is the same version, received again.
compared as (

    select
        *,
        {{ key_text(['payload_hash', 'source_updated_at']) }} as version_text,
        lag({{ key_text(['payload_hash', 'source_updated_at']) }}) over (
            partition by {{ key | join(', ') }}, version_rejection_reason is null
            order by {{ version_order }}
        ) as version_text_before
    from acceptability

),

started as (

    select
        *,
        case when version_text = version_text_before then 0 else 1 end as starts_version
    from compared

),

numbered as (

    select
        *,
        sum(starts_version) over (
            partition by {{ key | join(', ') }}, version_rejection_reason is null
            order by {{ version_order }}
            rows between unbounded preceding and current row
        ) as version_number
    from started

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
