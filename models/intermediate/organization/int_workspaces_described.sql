{{ config(materialized=in_place('table')) }}

with received as (

    {{ source_rows('synapscale', 'stg_synapscale__workspaces', {
        'workspace_id': 'text',
        'tenant_id': 'text',
        'workspace_name': 'text',
        'workspace_type': 'text',
        'owner_user_id': 'text',
        'plan_id': 'text',
        'status': 'text',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

newest as (

    {{ newest_rows('received', 'workspace_id', ties=[
        'tenant_id', 'workspace_name', 'workspace_type', 'owner_user_id', 'plan_id', 'status',
    ]) }}

),

plans as (

    select * from {{ ref('int_plans_described') }}

),

full_loads as (

    select * from {{ ref('int_tables_fully_loaded') }}
    where source_name = 'synapscale' and table_name = 'workspaces'

),

described as (

    select
        newest.workspace_id,
        newest.tenant_id,
        newest.workspace_name,
        newest.workspace_type,
        newest.owner_user_id,
        newest.plan_id,
        plans.plan_name,
        newest.status,
        newest.created_at,
        full_loads.table_name is not null as is_deleted_upstream
    from newest
    left join plans
        on newest.plan_id = plans.plan_id
    left join full_loads
        on newest.last_loaded_at < full_loads.fully_loaded_at

)

select * from described
