{{ config(materialized=in_place('table')) }}

with received as (

    {{ source_rows('synapscale', 'stg_synapscale__tenants', {
        'tenant_id': 'text',
        'tenant_name': 'text',
        'timezone': 'text',
        'plan_id': 'text',
        'status': 'text',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

newest as (

    {{ newest_rows(
        'received', 'tenant_id', ties=['tenant_name', 'timezone', 'plan_id', 'status']
    ) }}

),

plans as (

    select * from {{ ref('int_plans_described') }}

),

full_loads as (

    select * from {{ ref('int_tables_fully_loaded') }}
    where source_name = 'synapscale' and table_name = 'tenants'

),

described as (

    select
        newest.tenant_id,
        newest.tenant_name,
        newest.timezone,
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
