with costed as (

    select * from {{ ref('int_llm_usage_costed') }}

),

judged as (

    select
        *,
        case
            when unpriced_tokens = 0 and other_meters_cost is not null then priced_components_cost
        end as list_cost,
        case
            when credential_owner = 'customer' then 'customer_owned'
            when response_cache_hit then 'response_cache_hit'
            when status = 'error' and output_tokens = 0 then 'failed_not_charged'
            else 'billable'
        end as billing_status
    from costed

),

listed as (

    select
        usage_key,
        source_system,
        source_instance,
        event_id,
        attempt_number,
        usage_date,
        reporting_date,
        time_basis,
        started_at,
        ended_at,
        source_updated_at,
        provider_name,
        request_model,
        response_model,
        provider_id,
        model_id,
        {{ llm_id('provider_id', 'model_id') }} as llm_id,
        service_tier,
        region,
        environment,
        coalesce(tenant_id, 'unattributed') as tenant_id,
        coalesce(workspace_id, 'unattributed') as workspace_id,
        coalesce(user_id, 'unattributed') as user_id,
        coalesce(agent_id, 'unattributed') as agent_id,
        conversation_id,
        message_id,
        workflow_execution_id,
        api_key_ref,
        credential_owner,
        status,
        is_stream,
        response_cache_hit,
        latency_ms,
        time_to_first_token_ms,
        input_semantics,
        uncached_input_tokens,
        cache_read_input_tokens,
        cache_write_5m_input_tokens,
        cache_write_1h_input_tokens,
        audio_input_tokens,
        output_tokens,
        reasoning_output_tokens,
        audio_output_tokens,
        input_tokens,
        input_tokens + output_tokens as total_tokens,
        uncached_input_cost,
        cache_read_input_cost,
        cache_write_5m_input_cost,
        cache_write_1h_input_cost,
        audio_input_cost,
        output_cost,
        other_meters_cost,
        priced_components_cost,
        list_cost,
        case when billing_status = 'billable' then list_cost else {{ zero_cost() }} end
            as billable_list_cost,
        {{ try_decimal('reported_cost', type_cost()) }} as reported_cost,
        reported_currency,
        reported_cost_kind,
        price_book,
        price_sheet_key,
        case
            when price_sheet_key is null then 'unpriced_model'
            when list_cost is null then 'unpriced_component'
            when list_cost = 0 and input_tokens + output_tokens > 0 then 'free'
            when uses_fallback then 'priced_by_fallback'
            else 'priced'
        end as pricing_status,
        billing_status,
        unpriced_tokens,
        other_meters,
        tags,
        is_deleted_upstream,
        first_loaded_at,
        _batch_id as batch_id
    from judged

)

select * from listed
