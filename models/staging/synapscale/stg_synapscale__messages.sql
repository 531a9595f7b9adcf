with source as (

    {{ raw_table('synapscale', 'messages') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as message_id,
        {{ blank_to_null('conversation_id') }} as conversation_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        {{ one_of('role', ['user', 'assistant', 'system'], 'unknown') }} as role,
        {{ blank_to_null('model_used') }} as model_name,
        {{ blank_to_null('model_provider') }} as provider_name,
        {{ one_of('status', ['sent', 'delivered', 'read', 'error'], 'unknown') }} as status,

        ---------- numerics
        tokens_used,
        processing_time_ms,
        temperature,
        max_tokens,
        rating,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
