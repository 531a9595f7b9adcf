-- Invariant: received versions = current + duplicates + superseded + refused, batch by batch.
-- Guards fct_llm_usage and rejected_llm_usage: a version in none is usage that nobody bills.

{% set tested = tested_batches() %}

with received as (

    select
        _batch_id as batch_id,
        count(*) as version_count
    from {{ ref('int_llm_usage_history') }}
    where {{ is_one_of('_batch_id', tested) }}
    group by _batch_id

),

in_facts as (

    select _batch_id as batch_id from {{ ref('int_llm_usage_current') }}
    where {{ is_one_of('_batch_id', tested) }}

),

set_aside as (

    select _batch_id as batch_id from {{ ref('int_llm_usage_judged') }}
    where
        version_status in ('duplicate', 'superseded')
        and {{ is_one_of('_batch_id', tested) }}

),

refused as (

    select batch_id from {{ ref('rejected_llm_usage') }}
    where {{ is_one_of('batch_id', tested) }}

),

outcomes as (

    select * from in_facts
    union all
    select * from set_aside
    union all
    select * from refused

),

accounted as (

    select
        batch_id,
        count(*) as version_count
    from outcomes
    group by batch_id

),

compared as (

    select
        coalesce(received.batch_id, accounted.batch_id) as batch_id,
        received.version_count as received_versions,
        accounted.version_count as accounted_versions
    from received
    full outer join accounted
        on received.batch_id = accounted.batch_id

)

{{ differences(
    'compared', 'batch_id', {'versions': ('received_versions', 'accounted_versions')}, of_accepted=false
) }}
