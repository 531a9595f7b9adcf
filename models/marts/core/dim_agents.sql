with described as (

    select * from {{ ref('int_agents_described') }}

),

seen as (

    select
        agent_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date
    from {{ ref('fct_llm_usage_daily') }}
    group by agent_id

),

members as (

    select agent_id from described
    union
    select agent_id from seen
    union
    select 'unattributed' as agent_id

),

final as (

    select
        members.agent_id,
        described.agent_name,
        described.environment,
        coalesce(described.tenant_id, 'unattributed') as tenant_id,
        coalesce(described.workspace_id, 'unattributed') as workspace_id,
        coalesce(described.owner_user_id, 'unattributed') as owner_user_id,
        described.status,
        described.is_active,
        described.created_at,
        seen.first_usage_date,
        seen.last_usage_date,
        members.agent_id = 'unattributed' as is_unattributed,
        described.agent_id is null as is_inferred,
        coalesce(described.is_deleted_upstream, false) as is_deleted_upstream
    from members
    left join described
        on members.agent_id = described.agent_id
    left join seen
        on members.agent_id = seen.agent_id

)

select * from final
