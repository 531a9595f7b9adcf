with source as (

    {{ raw_table('synapscale', 'llms') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as app_llm_id,

        ---------- texts
        {{ blank_to_null('name') }} as model_name,
        {{ blank_to_null('provider') }} as provider_name,
        {{ blank_to_null('model_version') }} as model_version,
        lower({{ blank_to_null('status') }}) as status,
        lower({{ blank_to_null('health_status') }}) as health_status,

        ---------- numerics
        {{ float_to_decimal('cost_per_token_input') }} as input_price,
        {{ float_to_decimal('cost_per_token_output') }} as output_price,
        max_tokens_supported as max_output_tokens,
        context_window as context_window_tokens,
        response_time_avg_ms as mean_response_time_ms,
        availability_percentage,

        ---------- booleans
        supports_function_calling,
        supports_vision,
        supports_streaming,
        is_active,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
