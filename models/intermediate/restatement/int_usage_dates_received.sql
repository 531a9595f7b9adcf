{{ config(materialized=in_place('table')) }}

with keys as (

    select * from {{ ref('int_usage_keys_received') }}

),

new_batches as (

    select distinct batch_id
    from {{ ref('int_usage_batches_received') }}
    where is_new

),

judged as (

    select * from {{ ref('int_llm_usage_judged') }}
    where usage_key in (select keys.usage_key from keys)

),

received_once as (

    select usage_date
    from keys
    where usage_key not in (select judged.usage_key from judged)

),

-- A replay, and a version older than the one that counts, change nothing.
newly_current as (

    select usage_key
    from judged
    where
        version_status = 'current'
        and _batch_id in (select new_batches.batch_id from new_batches)

),

-- An attempt that moved to another day leaves the days of all its versions.
corrected as (

    select usage_date
    from judged
    where
        rejection_reason is null
        and usage_key in (select newly_current.usage_key from newly_current)

),

dates as (

    select
        usage_date,
        'new_usage' as restatement_reason
    from received_once
    union
    select
        usage_date,
        'corrected_usage' as restatement_reason
    from corrected

)

select * from dates
