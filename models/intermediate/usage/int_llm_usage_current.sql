with repeats as (

    select * from {{ ref('int_llm_usage_repeats') }}

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
            from repeats
            where
                repeats.source_record_id = history.source_record_id
                and repeats.source_instance = history.source_instance
                and repeats.source_system = history.source_system
        )

),

received_again as (

    select
        {{ usage_history_columns() | join(',\n        ') }},
        first_loaded_at,
        cast(duplicate_count as integer) as duplicate_count
    from repeats
    where version_status = 'current'

),

current_versions as (

    select * from received_once
    union all
    select * from received_again

)

select * from current_versions
