{{ config(materialized=in_place('view')) }}

{% set version = ['usage_key', 'batch_id', 'source_updated_at', 'user_id', 'usage_date'] %}
{% set new = 'select new_batches.batch_id from new_batches' %}
{% set newest_first = 'source_updated_at desc nulls last, first_loaded_at desc, batch_id desc' %}

with built as {{ read_each_time() }} (

    select * from {{ ref('fct_llm_usage') }}

),

-- What the loader has written and no run has taken in yet.
new_batches as (

    select batches.batch_id
    from {{ ref('int_batches_loaded') }} as batches
    left join {{ ref('usage_load_ledger') }} as ledger
        on batches.batch_id = ledger.batch_id
    where ledger.batch_id is null

),

waiting as {{ read_each_time() }} (

    select
        usage_key,
        usage_date,
        source_record_id,
        source_updated_at,
        first_loaded_at,
        _batch_id as batch_id,
        coalesce(user_id, 'unattributed') as user_id
    from {{ ref('int_llm_usage_current') }}
    where {{ is_one_found('_batch_id', new) }}

),

-- Few records wait in several versions: only these are ranked, and before anything is priced.
repeated as (

    select source_record_id
    from {{ ref('int_llm_usage_history') }}
    where {{ is_one_found('_batch_id', new) }}
    group by source_record_id
    having count(*) > 1

),

ranked as (

    select
        {{ key_text(version) }} as version_text,
        rank() over (
            partition by usage_key order by {{ newest_first }}, user_id, usage_date
        ) as version_rank
    from waiting
    where source_record_id in (select repeated.source_record_id from repeated)

),

-- By user and date too, so that a question about these prices only their calls.
tail as (

    select
        *,
        row_number() over (
            partition by usage_key, user_id, usage_date order by {{ newest_first }}
        ) as version_rank
    from {{ ref('int_llm_usage_listed') }}
    where {{ is_one_found('batch_id', new) }}

),

newest as (

    select * from tail
    where
        version_rank = 1
        and {{ key_text(version) }} not in (
            select ranked.version_text from ranked
            where ranked.version_rank > 1
        )

),

-- A version that is older than the one that counts changes nothing.
counted as (

    select newest.*
    from newest
    left join built
        on newest.usage_key = built.usage_key
    where
        built.source_updated_at is null
        or newest.source_updated_at >= built.source_updated_at

),

replaced as (

    select waiting.usage_key
    from waiting
    inner join built
        on waiting.usage_key = built.usage_key
    where
        built.source_updated_at is null
        or waiting.source_updated_at >= built.source_updated_at

),

final as (

    select
        {{ live_columns('built') }},
        true as is_built
    from built
    where built.usage_key not in (select replaced.usage_key from replaced)
    union all
    select
        {{ live_columns('counted', unknown_with_meters=[
            'other_meters_cost', 'list_cost', 'billable_list_cost',
        ]) }},
        false as is_built
    from counted

)

select * from final
