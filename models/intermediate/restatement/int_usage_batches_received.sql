{{ config(materialized=in_place('table')) }}
-- depends_on: {{ ref('int_llm_usage_unioned') }}

{% set to_take_in = usage_to_take_in() %}
{% set reason, new_batches = to_take_in.reason, to_take_in.batches %}

with versions as (

    select * from {{ ref('int_llm_usage_history') }}
    where {{ is_one_of('_batch_id', new_batches) }}

),

received as (

    select
        source_system,
        _batch_id as batch_id,
        usage_date,
        count(*) as row_count,
        true as is_new
    from versions
    group by source_system, _batch_id, usage_date

),

{% if reason is none and as_built('usage_load_ledger') is not none %}
taken_in as (

    select
        source_system,
        batch_id,
        usage_date,
        row_count,
        false as is_new
    from {{ as_built('usage_load_ledger') }}

),

{% endif %}
batches as (

    select * from received
    {% if reason is none and as_built('usage_load_ledger') is not none %}
    union all
    select * from taken_in
    {% endif %}

)

select
    *,
    '{{ reason or 'new_usage' }}' as restatement_reason
from batches
