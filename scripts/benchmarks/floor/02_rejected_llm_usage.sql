create table rejected_llm_usage as
with refused as (
    select
        *,
        row_number() over (
            partition by
                source_instance, source_record_id, source_updated_at, _batch_id, payload_hash
            order by _loaded_at
        ) as occurrence
    from ranked
    where rejection_reason is not null
)
select
    md5(concat_ws('|',
        'events', key_part(source_instance), key_part(source_record_id),
        key_part(source_updated_at), key_part(_batch_id), payload_hash, occurrence
    )) as rejected_key,
    'events' as source_system,
    source_instance,
    source_record_id,
    rejection_reason,
    cast(coalesce(started_at, ended_at) as date) as usage_date,
    started_at,
    ended_at,
    provider_name,
    request_model,
    response_model,
    tenant_id,
    workspace_id,
    user_id,
    input_semantics,
    cast(input_tokens as varchar) as reported_input_tokens,
    cast(cache_read_input_tokens as varchar) as reported_cache_read_input_tokens,
    cast(cache_write_5m_input_tokens as varchar) as reported_cache_write_5m_input_tokens,
    cast(cache_write_1h_input_tokens as varchar) as reported_cache_write_1h_input_tokens,
    cast(audio_input_tokens as varchar) as reported_audio_input_tokens,
    cast(output_tokens as varchar) as reported_output_tokens,
    cast(reasoning_output_tokens as varchar) as reported_reasoning_output_tokens,
    cast(audio_output_tokens as varchar) as reported_audio_output_tokens,
    reported_cost,
    reported_currency,
    _batch_id as batch_id,
    _loaded_at as first_seen_at
from refused;
