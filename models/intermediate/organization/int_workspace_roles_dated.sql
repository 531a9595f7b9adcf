{{ config(materialized=in_place('table')) }}

with changes as (

    select
        *,
        lag(role_from_here) over (
            partition by workspace_member_id order by change_number
        ) as role_before
    from {{ ref('int_workspace_roles_changed') }}

),

followed as (

    select
        *,
        coalesce(
            min(changed_at) over (
                partition by workspace_member_id
                order by change_number
                rows between 1 following and unbounded following
            ),
            {{ end_of_time() }}
        ) as next_changed_at
    from changes
    where role_from_here is distinct from role_before

),

full_loads as (

    select * from {{ ref('int_tables_fully_loaded') }}
    where source_name = 'synapscale' and table_name = 'workspace_members'

),

-- A role that was already given up when it was written down never held.
periods as (

    select
        followed.workspace_member_id,
        followed.workspace_id,
        followed.user_id,
        followed.role_from_here as role,
        followed.changed_at as valid_from,
        followed.next_changed_at as valid_to,
        full_loads.table_name is not null as is_deleted_upstream
    from followed
    left join full_loads
        on followed.last_loaded_at < full_loads.fully_loaded_at
    where
        followed.role_from_here is not null
        and followed.changed_at < followed.next_changed_at

)

select * from periods
