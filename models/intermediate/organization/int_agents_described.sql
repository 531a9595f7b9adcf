{{ config(materialized=in_place('table')) }}

with received as (

    {{ source_rows('synapscale', 'stg_synapscale__agents', {
        'agent_id': 'text',
        'tenant_id': 'text',
        'workspace_id': 'text',
        'owner_user_id': 'text',
        'agent_name': 'text',
        'environment': 'text',
        'status': 'text',
        'is_active': 'boolean',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

newest as (

    {{ newest_rows('received', 'agent_id', ties=[
        'tenant_id', 'workspace_id', 'owner_user_id', 'agent_name', 'environment', 'status',
        'is_active',
    ]) }}

),

full_loads as (

    select * from {{ ref('int_tables_fully_loaded') }}
    where source_name = 'synapscale' and table_name = 'agents'

),

described as (

    select
        newest.agent_id,
        newest.tenant_id,
        newest.workspace_id,
        newest.owner_user_id,
        newest.agent_name,
        newest.environment,
        newest.status,
        newest.is_active,
        newest.created_at,
        full_loads.table_name is not null as is_deleted_upstream
    from newest
    left join full_loads
        on newest.last_loaded_at < full_loads.fully_loaded_at

)

select * from described
