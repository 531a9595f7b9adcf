{% set version = [
    'source_system',
    'source_instance',
    'source_record_id',
    'source_updated_at',
    '_batch_id',
    'payload_hash',
] %}

with refused as (

    select * from {{ ref('int_llm_usage_judged') }}
    where version_status = 'rejected'

),

-- Nothing but its place tells two equal refused rows of one batch apart.
numbered as (

    select
        *,
        row_number() over (
            partition by {{ version | join(', ') }}
            order by _loaded_at
        ) as occurrence
    from refused

),

final as (

    select
        {{ stable_key(version + ['occurrence']) }} as rejected_key,
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
        {{ reported_counts_as_text() }},
        reported_cost,
        reported_currency,
        _batch_id as batch_id,
        _loaded_at as first_seen_at
    from numbered

)

select * from final
