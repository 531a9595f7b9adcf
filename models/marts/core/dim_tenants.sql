with described as (

    select * from {{ ref('int_tenants_described') }}

),

workspaces as (

    select * from {{ ref('int_workspaces_described') }}

),

users as (

    select * from {{ ref('int_users_described') }}

),

agents as (

    select * from {{ ref('int_agents_described') }}

),

seen as (

    select
        tenant_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date
    from {{ ref('fct_llm_usage_daily') }}
    group by tenant_id

),

members as (

    select tenant_id from described
    union
    select tenant_id from workspaces
    where tenant_id is not null
    union
    select tenant_id from users
    where tenant_id is not null
    union
    select tenant_id from agents
    where tenant_id is not null
    union
    select tenant_id from seen
    union
    select 'unattributed' as tenant_id

),

final as (

    select
        members.tenant_id,
        described.tenant_name,
        described.timezone,
        described.plan_id,
        described.plan_name,
        described.status,
        described.created_at,
        seen.first_usage_date,
        seen.last_usage_date,
        members.tenant_id = 'unattributed' as is_unattributed,
        described.tenant_id is null as is_inferred,
        coalesce(described.is_deleted_upstream, false) as is_deleted_upstream
    from members
    left join described
        on members.tenant_id = described.tenant_id
    left join seen
        on members.tenant_id = seen.tenant_id

)

select * from final
