{{ config(materialized=in_place('table')) }}

with calls as (

    select
        *,
        coalesce(input_tokens = 0 and output_tokens = 0 and total_tokens > 0, false)
            as has_total_only
    from {{ ref('int_synapscale_usage_located') }}

),

described as (

    select
        'synapscale' as source_system,
        'default' as source_instance,
        usage_log_id as event_id,
        cast(1 as integer) as attempt_number,
        usage_log_id as source_record_id,
        tenant_id,
        workspace_id,
        user_id,
        agent_id,
        conversation_id,
        message_id,
        {{ typed_null('text') }} as workflow_execution_id,
        {{ typed_null('text') }} as api_key_ref,
        provider_name,
        model_name as request_model,
        {{ typed_null('text') }} as response_model,
        'standard' as service_tier,
        '*' as region,
        {{ typed_null('text') }} as environment,
        case when is_user_api_key_used then 'customer' else 'platform' end as credential_owner,
        case
            when api_status_code >= 400 then 'error'
            when coalesce(reported_status, 'success') = 'success' then 'success'
            else 'error'
        end as status,
        {{ typed_null('json') }} as other_meters,
        {{ typed_null('json') }} as tags,
        case when not has_total_only then input_tokens end as input_tokens,
        'inclusive' as input_semantics,
        cast(0 as bigint) as cache_read_input_tokens,
        cast(0 as bigint) as cache_write_5m_input_tokens,
        cast(0 as bigint) as cache_write_1h_input_tokens,
        cast(0 as bigint) as audio_input_tokens,
        case when not has_total_only then output_tokens end as output_tokens,
        cast(0 as bigint) as reasoning_output_tokens,
        cast(0 as bigint) as audio_output_tokens,
        latency_ms,
        {{ typed_null('integer') }} as time_to_first_token_ms,
        {{ dbt.cast('reported_cost', dbt.type_string()) }} as reported_cost,
        case when reported_cost is not null then 'USD' end as reported_currency,
        case when reported_cost is not null then 'user' end as reported_cost_kind,
        {{ typed_null('boolean') }} as is_stream,
        false as response_cache_hit,
        {{ typed_null('timestamp') }} as started_at,
        created_at as ended_at,
        {{ typed_null('timestamp') }} as source_updated_at,
        _loaded_at,
        _batch_id
    from calls

)

select * from described
