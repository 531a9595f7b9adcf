with described as (

    select * from {{ ref('int_users_described') }}

),

workspaces as (

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
        user_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date
    from {{ ref('fct_llm_usage_daily') }}
    group by user_id

),

members as (

    select user_id from described
    union
    select owner_user_id as user_id from workspaces
    where owner_user_id is not null
    union
    select user_id from roles
    union
    select owner_user_id as user_id from agents
    where owner_user_id is not null
    union
    select user_id from seen
    union
    select 'unattributed' as user_id

),

final as (

    select
        members.user_id,
        described.user_label,
        coalesce(described.tenant_id, 'unattributed') as tenant_id,
        described.status,
        described.is_active,
        described.created_at,
        seen.first_usage_date,
        seen.last_usage_date,
        members.user_id = 'unattributed' as is_unattributed,
        described.user_id is null as is_inferred,
        coalesce(described.is_deleted_upstream, false) as is_deleted_upstream
    from members
    left join described
        on members.user_id = described.user_id
    left join seen
        on members.user_id = seen.user_id

)

select * from final
