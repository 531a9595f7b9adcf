with received_once as (

    select
        {{ prefixed('history', usage_history_columns()) | join(',\n        ') }}
    from {{ ref('int_llm_usage_history') }} as history
    where
        history.rejection_reason is not null
        and not exists (
            select 1
            from {{ ref('int_llm_usage_repeats') }} as repeats
            where
                repeats.source_record_id = history.source_record_id
                and repeats.source_instance = history.source_instance
                and repeats.source_system = history.source_system
        )

),

received_again as (

    select {{ usage_history_columns() | join(',\n        ') }}
    from {{ ref('int_llm_usage_repeats') }}
    where version_status = 'rejected'

),

refused as (

    select * from received_once
    union all
    select * from received_again

),

hashed as (

    select
        *,
        {{ stable_key(usage_payload_columns()) }} as payload_hash
    from refused

),

-- Nothing but its place tells two equal refused rows of one batch apart.
numbered as (

    select
        *,
        row_number() over (
            partition by
                source_system, source_instance, source_record_id, source_updated_at, _batch_id, payload_hash
            order by _loaded_at
        ) as occurrence
    from hashed

),

final as (

    select
        {{ stable_key([
            'source_system', 'source_instance', 'source_record_id', 'source_updated_at', '_batch_id',
            'payload_hash', 'occurrence',
        ]) }} as rejected_key,
        source_system,
        source_instance,
        source_record_id,
        rejection_reason,
        usage_date,
        started_at,
        ended_at,
        provider_name,
        request_model,
        response_model,
        tenant_id,
        workspace_id,
        user_id,
        input_semantics,
        {% for column in reported_count_columns() -%}
        cast({{ column }} as {{ dbt.type_string() }}) as reported_{{ column | replace('reported_', '') }},
        {% endfor -%}
        reported_cost,
        reported_currency,
        _batch_id as batch_id,
        _loaded_at as first_seen_at
    from numbered

)

select * from final
