{{ config(materialized=in_place('table')) }}

with received as (

    {{ source_rows('synapscale', 'stg_synapscale__users', {
        'user_id': 'text',
        'tenant_id': 'text',
        'user_label': 'text',
        'status': 'text',
        'is_active': 'boolean',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

newest as (

    {{ newest_rows(
        'received', 'user_id', ties=['tenant_id', 'user_label', 'status', 'is_active']
    ) }}

),

full_loads as (

    select * from {{ ref('int_tables_fully_loaded') }}
    where source_name = 'synapscale' and table_name = 'users'

),

described as (

    select
        newest.user_id,
        newest.tenant_id,
        newest.user_label,
        newest.status,
        newest.is_active,
        newest.created_at,
        full_loads.table_name is not null as is_deleted_upstream
    from newest
    left join full_loads
        on newest.last_loaded_at < full_loads.fully_loaded_at

)

select * from described
