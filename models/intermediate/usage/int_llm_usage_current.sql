with judged as (

    select * from {{ ref('int_llm_usage_judged') }}

),

received_once as (

    select
        {{ prefixed('history', usage_history_columns()) | join(',\n        ') }},
        history._loaded_at as first_loaded_at,
        0 as duplicate_count
    from {{ ref('int_llm_usage_history') }} as history
    where
        history.rejection_reason is null
        and not exists (
            select 1
            from judged
            where judged.attempt_hash = history.attempt_hash
        )

),

judged_current as (

    select
        {{ usage_history_columns() | join(',\n        ') }},
        first_loaded_at,
        cast(duplicate_count as integer) as duplicate_count
    from judged
    where version_status = 'current'

),

current_versions as (

    select * from received_once
    union all
    select * from judged_current

)

select * from current_versions
