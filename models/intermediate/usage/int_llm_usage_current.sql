with judged as (

    select * from {{ ref('int_llm_usage_judged') }}

),

full_loads as (

    select * from {{ ref('int_tables_fully_loaded') }}
    where
        table_name in (
            {%- for table in usage_source_tables().values() %}
            '{{ table }}'
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        )

),

received_once as (

    select
        {{ prefixed('history', usage_history_columns()) | join(',\n        ') }},
        history._loaded_at as first_loaded_at,
        history._loaded_at as last_loaded_at,
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
        last_loaded_at,
        cast(duplicate_count as integer) as duplicate_count
    from judged
    where version_status = 'current'

),

unioned as (

    select * from received_once
    union all
    select * from judged_current

),

-- A whole table that came later without the record says that its source has deleted it.
current_versions as (

    select
        {{ prefixed('unioned', usage_history_columns()) | join(',\n        ') }},
        unioned.first_loaded_at,
        unioned.duplicate_count,
        full_loads.table_name is not null as is_deleted_upstream
    from unioned
    left join full_loads
        on
            unioned.source_system = full_loads.source_name
            and unioned.last_loaded_at < full_loads.fully_loaded_at

)

select * from current_versions
