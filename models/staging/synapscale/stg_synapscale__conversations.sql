with source as (

    {{ raw_table('synapscale', 'conversations') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as conversation_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('agent_id') }} as agent_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        {{ one_of('status', ['active', 'archived', 'deleted'], 'unknown') }} as status,

        ---------- numerics
        message_count,
        total_tokens_used,

        ---------- timestamps
        {{ to_utc('last_message_at') }} as last_message_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
