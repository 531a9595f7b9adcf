{{ config(materialized='view') }}

{% set newest_first = [
    'tail.source_updated_at desc nulls last', 'tail.first_loaded_at desc', 'tail.batch_id desc',
] %}

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

tail as (

    select * from {{ ref('int_llm_usage_listed') }}
    where {{ is_one_found('batch_id', 'select new_batches.batch_id from new_batches') }}

),

ranked as (

    select
        tail.*,
        row_number() over (
            partition by tail.usage_key order by {{ newest_first | join(', ') }}
        ) as version_rank
    from tail

),

-- A version that is older than the one that counts changes nothing.
counted as {{ read_each_time() }} (

    select ranked.*
    from ranked
    left join built
        on ranked.usage_key = built.usage_key
    where
        ranked.version_rank = 1
        and (
            built.source_updated_at is null
            or ranked.source_updated_at >= built.source_updated_at
        )

),

final as (

    select
        {{ live_columns('built') }},
        true as is_built
    from built
    where built.usage_key not in (select counted.usage_key from counted)
    union all
    select
        {{ live_columns('counted', unknown_with_meters=[
            'other_meters_cost', 'list_cost', 'billable_list_cost',
        ]) }},
        false as is_built
    from counted

)

select * from final
