-- Invariant: the raw area holds, batch by batch, the rows and tokens that the loader counted.
-- Guards int_llm_usage_history: a lost, doubled or edited raw file would change every bill unseen.

{% set tested = tested_batches() %}

with manifest as (

    select * from {{ ref('stg_loads__batches') }}
    where {{ is_usage_batch() }} and {{ is_one_of('batch_id', tested) }}

),

received as (

    select
        source_system as source_name,
        _batch_id as batch_id,
        count(*) as row_count,
        coalesce(sum(reported_input_tokens), 0) as input_tokens,
        coalesce(sum(output_tokens), 0) as output_tokens
    from {{ ref('int_llm_usage_history') }}
    where {{ is_one_of('_batch_id', tested) }}
    group by source_system, _batch_id

),

-- A whole table may be empty, and then nothing of its batch is received.
compared as (

    select
        coalesce(manifest.batch_id, received.batch_id) as batch_id,
        manifest.row_count as counted_rows,
        coalesce(received.row_count, 0) as received_rows,
        manifest.input_tokens as counted_input_tokens,
        coalesce(received.input_tokens, 0) as received_input_tokens,
        manifest.output_tokens as counted_output_tokens,
        coalesce(received.output_tokens, 0) as received_output_tokens
    from manifest
    full outer join received
        on
            manifest.batch_id = received.batch_id
            and manifest.source_name = received.source_name

)

{{ differences('compared', 'batch_id', {
    'rows': ('counted_rows', 'received_rows'),
    'input tokens': ('counted_input_tokens', 'received_input_tokens'),
    'output tokens': ('counted_output_tokens', 'received_output_tokens'),
}, of_accepted=false) }}
