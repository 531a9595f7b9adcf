-- Only attempts that came more than once, and refused rows, are ranked; all others pass by.
create temp table repeated as
select attempt_hash from judged group by attempt_hash having count(*) > 1;

create temp table ranked as
with received as (
    select
        *,
        event_id || '#' || attempt_number as source_record_id,
        md5(concat_ws('|',
            key_part(event_id), attempt_number, key_part(started_at), key_part(ended_at),
            key_part(provider_name), key_part(request_model), key_part(response_model),
            service_tier, region, key_part(environment), key_part(input_tokens), input_semantics,
            cache_read_input_tokens, cache_write_5m_input_tokens, cache_write_1h_input_tokens,
            audio_input_tokens, key_part(output_tokens), reasoning_output_tokens,
            audio_output_tokens, key_part(other_meters), key_part(tenant_id),
            key_part(workspace_id), key_part(user_id), key_part(agent_id),
            key_part(conversation_id), key_part(message_id), key_part(workflow_execution_id),
            key_part(api_key_ref), credential_owner, status, key_part(is_stream),
            response_cache_hit, key_part(latency_ms), key_part(time_to_first_token_ms),
            key_part(reported_cost), key_part(reported_currency), key_part(reported_cost_kind),
            key_part(tags)
        )) as payload_hash
    from judged
    where rejection_reason is not null or attempt_hash in (from repeated)
),
contested as (
    select * replace (
        coalesce(rejection_reason, case
            when min(payload_hash) over claim <> max(payload_hash) over claim
                then 'conflicting_versions'
        end) as rejection_reason
    )
    from received
    window claim as (
        partition by source_instance, source_record_id, source_updated_at, _batch_id
    )
)
select
    *,
    rejection_reason is null and (payload_hash, source_updated_at)
        is not distinct from lag((payload_hash, source_updated_at)) over in_order as is_duplicate
from contested
window in_order as (
    partition by source_instance, source_record_id, rejection_reason is null
    order by source_updated_at nulls first, _loaded_at, _batch_id
);

create temp view current_events as
with latest as (
    select
        *,
        cast(count(*) filter (where is_duplicate) over (
            partition by source_instance, source_record_id
        ) as integer) as duplicate_count,
        row_number() over (
            partition by source_instance, source_record_id
            order by source_updated_at desc nulls last, _loaded_at desc, _batch_id desc
        ) as version_rank
    from ranked
    where rejection_reason is null
)
select * exclude (attempt_hash, rejection_reason), 0 as duplicate_count
from judged
where rejection_reason is null and attempt_hash not in (from repeated)
union all by name
select * exclude (
    attempt_hash, rejection_reason, source_record_id, payload_hash, is_duplicate, version_rank
)
from latest
where version_rank = 1;
