with judged as {{ read_each_time() }} (

    select * from {{ ref('int_llm_usage_judged') }}

),

-- The hash is each engine's own and may change with its version: it is never read from a table.
judged_hashes as (

    select {{ attempt_hash() }} as attempt_hash
    from judged

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
        {{ stable_key(prefixed('history', [
            'source_system', 'source_instance', 'source_record_id',
        ])) }} as usage_key,
        {{ prefixed('history', usage_history_columns()) | join(',\n        ') }},
        history._loaded_at as first_loaded_at,
        history._loaded_at as last_loaded_at
    from {{ ref('int_llm_usage_history') }} as history
    left join judged_hashes
        on {{ attempt_hash('history') }} = judged_hashes.attempt_hash
    where
        history.rejection_reason is null
        and judged_hashes.attempt_hash is null

),

judged_current as (

    select
        usage_key,
        {{ usage_history_columns() | join(',\n        ') }},
        first_loaded_at,
        last_loaded_at
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
        unioned.usage_key,
        {{ prefixed('unioned', usage_history_columns()) | join(',\n        ') }},
        unioned.first_loaded_at,
        full_loads.table_name is not null as is_deleted_upstream
    from unioned
    left join full_loads
        on
            unioned.source_system = full_loads.source_name
            and unioned.last_loaded_at < full_loads.fully_loaded_at

)

select * from current_versions
