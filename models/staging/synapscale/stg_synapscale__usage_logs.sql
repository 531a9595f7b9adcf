with source as (

    {{ raw_table('synapscale', 'usage_logs') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as usage_log_id,
        {{ blank_to_null('message_id') }} as message_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('conversation_id') }} as conversation_id,
        {{ blank_to_null('llm_id') }} as app_llm_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        lower({{ blank_to_null('status') }}) as reported_status,

        ---------- numerics
        input_tokens,
        output_tokens,
        total_tokens,
        {{ float_to_decimal('cost_usd') }} as reported_cost,
        case when latency_ms >= 0 then latency_ms end as latency_ms,
        api_status_code,

        ---------- booleans
        user_api_key_used as is_user_api_key_used,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
