with source as (

    {{ raw_table('events', 'llm_usage_events') }}

),

renamed as (

    select
        ---------- ids
        'events' as source_system,
        coalesce({{ blank_to_null('source_instance') }}, 'default') as source_instance,
        {{ blank_to_null('event_id') }} as event_id,
        coalesce(attempt_number, 1) as attempt_number,
        {{ blank_to_null('event_id') }} || '#' || coalesce(attempt_number, 1) as source_record_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('agent_id') }} as agent_id,
        {{ blank_to_null('conversation_id') }} as conversation_id,
        {{ blank_to_null('message_id') }} as message_id,
        {{ blank_to_null('workflow_execution_id') }} as workflow_execution_id,
        {{ blank_to_null('api_key_ref') }} as api_key_ref,

        ---------- what was called
        {{ blank_to_null('provider_name') }} as provider_name,
        {{ blank_to_null('request_model') }} as request_model,
        {{ blank_to_null('response_model') }} as response_model,
        {{ service_tier('service_tier') }} as service_tier,
        {{ region_class('region') }} as region,
        {{ blank_to_null('environment') }} as environment,
        {{ one_of('credential_owner', ['platform', 'customer'], 'platform') }} as credential_owner,
        {{ one_of('status', ['success', 'error'], 'success') }} as status,
        {{ dbt.cast('other_meters', dbt.type_string()) }} as other_meters,
        {{ dbt.cast('tags', dbt.type_string()) }} as tags,

        ---------- numerics
        input_tokens,
        {{ one_of('input_semantics', ['inclusive', 'exclusive'], 'inclusive') }} as input_semantics,
        coalesce(cache_read_input_tokens, 0) as cache_read_input_tokens,
        coalesce(cache_write_5m_input_tokens, 0) as cache_write_5m_input_tokens,
        coalesce(cache_write_1h_input_tokens, 0) as cache_write_1h_input_tokens,
        coalesce(audio_input_tokens, 0) as audio_input_tokens,
        output_tokens,
        coalesce(reasoning_output_tokens, 0) as reasoning_output_tokens,
        coalesce(audio_output_tokens, 0) as audio_output_tokens,
        case when latency_ms >= 0 then latency_ms end as latency_ms,
        case when time_to_first_token_ms >= 0 then time_to_first_token_ms end
            as time_to_first_token_ms,
        {{ blank_to_null('reported_cost') }} as reported_cost,
        upper({{ blank_to_null('reported_currency') }}) as reported_currency,
        lower({{ blank_to_null('reported_cost_kind') }}) as reported_cost_kind,

        ---------- booleans
        is_stream,
        coalesce(response_cache_hit, false) as response_cache_hit,

        ---------- timestamps
        {{ to_utc('started_at') }} as started_at,
        {{ to_utc('ended_at') }} as ended_at,
        {{ to_utc('source_updated_at') }} as source_updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
