{{ config(materialized='table') }}
-- depends_on: {{ ref('int_usage_batches_received') }}

{% set new_batches = batches_received() %}

-- Where everything is computed again, no attempt is looked up by its key.
with received as (

    select
        attempt_hash,
        {{ stable_key(['source_system', 'source_instance', 'source_record_id']) }} as usage_key,
        usage_date
    from {{ ref('int_llm_usage_history') }}
    where {{ is_one_of('_batch_id', new_batches if new_batches is not none else []) }}

),

keys as (

    select
        attempt_hash,
        usage_key,
        usage_date
    from received
    group by attempt_hash, usage_key, usage_date

)

select * from keys
