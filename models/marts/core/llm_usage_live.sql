{{ config(materialized='view') }}

{% set version = ['usage_key', 'batch_id', 'source_updated_at', 'user_id', 'usage_date'] %}
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

-- Of every key, but nothing is priced here.
waiting as (

    select
        usage_key,
        usage_date,
        source_updated_at,
        first_loaded_at,
        _batch_id as batch_id,
        coalesce(user_id, 'unattributed') as user_id
    from {{ ref('int_llm_usage_current') }}
    where {{ is_one_found('_batch_id', 'select new_batches.batch_id from new_batches') }}

),

ranked as (

    select
        *,
        rank() over (
            partition by usage_key order by {{ newest_first }}, user_id, usage_date
        ) as version_rank
    from waiting

),

-- A version that is older than the one that counts changes nothing.
compared as (

    select
        ranked.usage_key,
        {{ key_text(prefixed('ranked', version)) }} as version_text,
        ranked.version_rank = 1
        and (
            built.source_updated_at is null
            or coalesce(ranked.source_updated_at >= built.source_updated_at, false)
        ) as is_counted
    from ranked
    left join built
        on ranked.usage_key = built.usage_key

),

-- By user and date too, so that a question about these prices only their calls.
tail as (

    select
        *,
        row_number() over (
            partition by usage_key, user_id, usage_date order by {{ newest_first }}
        ) as version_rank
    from {{ ref('int_llm_usage_listed') }}
    where {{ is_one_found('batch_id', 'select new_batches.batch_id from new_batches') }}

),

counted as (

    select * from tail
    where
        version_rank = 1
        and {{ key_text(version) }} not in (
            select compared.version_text from compared
            where not compared.is_counted
        )

),

final as (

    select
        {{ live_columns('built') }},
        true as is_built
    from built
    where
        built.usage_key not in (
            select compared.usage_key from compared
            where compared.is_counted
        )
    union all
    select
        {{ live_columns('counted', unknown_with_meters=[
            'other_meters_cost', 'list_cost', 'billable_list_cost',
        ]) }},
        false as is_built
    from counted

)

select * from final
