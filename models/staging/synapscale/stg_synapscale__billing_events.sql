with source as (

    {{ raw_table('synapscale', 'billing_events') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as billing_event_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('related_usage_log_id') }} as related_usage_log_id,
        {{ blank_to_null('related_message_id') }} as related_message_id,
        {{ blank_to_null('invoice_id') }} as invoice_id,
        {{ blank_to_null('payment_transaction_id') }} as payment_transaction_id,

        ---------- texts
        {{ one_of('event_type', ['usage', 'subscription', 'credit', 'refund'], 'unknown') }}
            as event_type,
        {{ blank_to_null('payment_provider') }} as payment_provider,
        {{ one_of('status', ['pending', 'completed', 'failed', 'refunded'], 'unknown') }} as status,

        ---------- numerics
        {{ float_to_decimal('amount_usd') }} as amount_usd,

        ---------- timestamps
        {{ to_utc('processed_at') }} as processed_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
