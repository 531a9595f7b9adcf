{{ config(
    indexes=[{'columns': ['(' ~ attempt_hash() ~ ')']}, {'columns': ['_batch_id']}],
    **replaced_by_key('usage_key', keys_from='int_usage_keys_received')
) }}

{{ built_after(['int_usage_keys_received', 'int_usage_batches_received']) }}

{% set record = 'source_system, source_instance, source_record_id' %}
{% set attempt = record ~ ', rejection_reason is null' %}
{% set version_order = 'source_updated_at nulls first, _loaded_at, _batch_id' %}

with contested as (

    select
        *,
        {{ key_text(['payload_hash', 'source_updated_at']) }} as version_text
    from {{ ref('int_llm_usage_contested') }}

),

compared as (

    select
        *,
        lag(version_text) over in_order as version_text_before
    from contested
    window in_order as (partition by {{ attempt }} order by {{ version_order }})

),

-- A row that says what the row before it said is the same version, received again.
started as (

    select
        *,
        case when version_text = version_text_before then 0 else 1 end as starts_version
    from compared

),

numbered as (

    select
        *,
        sum(starts_version) over (
            partition by {{ attempt }}
            order by {{ version_order }}
            rows between unbounded preceding and current row
        ) as version_number
    from started

),

judged as (

    select
        usage_key,
        {{ usage_history_columns() | join(',\n        ') }},
        payload_hash,
        case
            when rejection_reason is not null then 'rejected'
            when starts_version = 0 then 'duplicate'
            when version_number = max(version_number) over in_attempt then 'current'
            else 'superseded'
        end as version_status,
        min(_loaded_at) over in_attempt as first_loaded_at,
        max(_loaded_at) over (partition by {{ record }}) as last_loaded_at,
        sum(1 - starts_version) over in_attempt as duplicate_count
    from numbered
    window in_attempt as (partition by {{ attempt }})

)

select * from judged
