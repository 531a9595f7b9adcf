with source as (

    {{ raw_table('synapscale', 'conversation_llms') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as conversation_llm_id,
        {{ blank_to_null('conversation_id') }} as conversation_id,
        {{ blank_to_null('llm_id') }} as app_llm_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- numerics
        message_count,
        total_input_tokens,
        total_output_tokens,
        {{ float_to_decimal('total_cost_usd') }} as reported_cost,

        ---------- timestamps
        {{ to_utc('first_used_at') }} as first_used_at,
        {{ to_utc('last_used_at') }} as last_used_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
