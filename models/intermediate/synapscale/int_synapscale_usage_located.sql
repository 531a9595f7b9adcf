with calls as (

    select * from {{ ref('stg_synapscale__usage_logs') }}

),

llms as (

    {{ newest_rows(
        ref('stg_synapscale__llms'), 'app_llm_id', ties=['provider_name', 'model_name']
    ) }}

),

conversations as (

    {{ newest_rows(
        ref('stg_synapscale__conversations'), 'conversation_id', ties=['workspace_id', 'agent_id']
    ) }}

),

workspaces as (

    select * from {{ ref('int_workspaces_described') }}

),

users as (

    select * from {{ ref('int_users_described') }}

),

-- Every version is read with its LLM and conversation as they are known now: a change there is no
-- other version of the call.
located as (

    select
        calls.usage_log_id,
        coalesce(calls.tenant_id, workspaces.tenant_id, users.tenant_id) as tenant_id,
        coalesce(calls.workspace_id, conversations.workspace_id) as workspace_id,
        calls.user_id,
        conversations.agent_id,
        calls.conversation_id,
        calls.message_id,
        llms.provider_name,
        llms.model_name,
        calls.reported_status,
        calls.api_status_code,
        calls.is_user_api_key_used,
        calls.input_tokens,
        calls.output_tokens,
        calls.total_tokens,
        calls.reported_cost,
        calls.latency_ms,
        calls.created_at,
        calls._loaded_at,
        calls._batch_id
    from calls
    left join llms
        on calls.app_llm_id = llms.app_llm_id
    left join conversations
        on calls.conversation_id = conversations.conversation_id
    left join workspaces
        on coalesce(calls.workspace_id, conversations.workspace_id) = workspaces.workspace_id
    left join users
        on calls.user_id = users.user_id

)

select * from located
