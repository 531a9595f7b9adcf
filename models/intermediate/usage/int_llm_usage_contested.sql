{{ config(materialized=in_place('table')) }}

{{ built_after(['int_usage_keys_received', 'int_usage_batches_received']) }}

{% set contested = may_be_contested() %}
{% set key = ['source_system', 'source_instance', 'source_record_id'] %}

with history as (

    select * from {{ ref('int_llm_usage_history') }}
    where {{ contested }}

),

-- Ranking every row costs twice the time and four times the memory of ranking only what repeats.
-- Two attempts may share a hash; both are then judged, each by its own key. Read apart from the
-- rows: an engine that keeps what is read twice would keep every column of the whole history.
shared_hashes as (

    select attempt_hash
    from {{ ref('int_llm_usage_history') }}
    where {{ contested }}
    group by attempt_hash
    having count(*) > 1

),

received as (

    select
        *,
        {{ stable_key(key) }} as usage_key,
        {{ stable_key(usage_payload_columns()) }} as payload_hash
    from history
    where
        rejection_reason is not null
        or attempt_hash in (select shared_hashes.attempt_hash from shared_hashes)

),

-- Two payloads that claim the same moment in one batch: nothing says which one is true.
conflicts_found as (

    select
        *,
        min(payload_hash) over same_claim <> max(payload_hash) over same_claim as is_conflict
    from received
    window same_claim as (partition by {{ key | join(', ') }}, source_updated_at, _batch_id)

),

contested as (

    select
        usage_key,
        {{ usage_history_columns() | reject('equalto', 'rejection_reason') | join(',\n        ') }},
        payload_hash,
        coalesce(rejection_reason, case when is_conflict then 'conflicting_versions' end)
            as rejection_reason
    from conflicts_found

)

select * from contested
