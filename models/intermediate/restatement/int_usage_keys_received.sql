{{ config(materialized=in_place('table')) }}
{{ built_after(['int_usage_batches_received']) }}

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

-- Versions that were judged with what an application said of them then are judged again.
judged_before as (

    {{ keys_judged_before() if new_batches is not none else keys_judged_before([]) }}

),

keys as (

    select * from received
    union
    select * from judged_before

)

select * from keys
