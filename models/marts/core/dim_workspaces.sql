with described as (

    select * from {{ ref('int_workspaces_described') }}

),

roles as (

    select * from {{ ref('int_workspace_roles_dated') }}

),

agents as (

    select * from {{ ref('int_agents_described') }}

),

seen as (

    select
        workspace_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date
    from {{ ref('fct_llm_usage_daily') }}
    group by workspace_id

),

members as (

    select workspace_id from described
    union
    select workspace_id from roles
    union
    select workspace_id from agents
    where workspace_id is not null
    union
    select workspace_id from seen
    union
    select 'unattributed' as workspace_id

),

final as (

    select
        members.workspace_id,
        described.workspace_name,
        coalesce(described.workspace_type, 'unknown') as workspace_type,
        coalesce(described.tenant_id, 'unattributed') as tenant_id,
        coalesce(described.owner_user_id, 'unattributed') as owner_user_id,
        described.plan_id,
        described.plan_name,
        described.status,
        described.created_at,
        seen.first_usage_date,
        seen.last_usage_date,
        members.workspace_id = 'unattributed' as is_unattributed,
        described.workspace_id is null as is_inferred,
        coalesce(described.is_deleted_upstream, false) as is_deleted_upstream
    from members
    left join described
        on members.workspace_id = described.workspace_id
    left join seen
        on members.workspace_id = seen.workspace_id

)

select * from final
