{% set in_order %}
    partition by workspace_member_id
    order by updated_at nulls first, _loaded_at, _batch_id, role, left_at
{% endset %}

with received as (

    {{ source_rows('synapscale', 'stg_synapscale__workspace_members', {
        'workspace_member_id': 'text',
        'workspace_id': 'text',
        'user_id': 'text',
        'role': 'text',
        'joined_at': 'timestamp',
        'left_at': 'timestamp',
        'created_at': 'timestamp',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

versions as (

    select
        *,
        {{ key_text(['role', 'left_at']) }} as version_text,
        row_number() over ({{ in_order }}) as version_number,
        max(_loaded_at) over (partition by workspace_member_id) as last_loaded_at
    from received
    where workspace_member_id is not null and workspace_id is not null and user_id is not null

),

compared as (

    select
        *,
        lag(version_text) over (
            partition by workspace_member_id order by version_number
        ) as version_text_before
    from versions

),

-- The first role is taken to hold since joining; a later one from the change that brought it.
changes as (

    select
        *,
        role as role_from_here,
        case
            when version_number = 1 then coalesce(joined_at, created_at, _loaded_at)
            else coalesce(updated_at, _loaded_at)
        end as changed_at,
        2 * version_number as change_number
    from compared
    where version_text is distinct from version_text_before
    union all
    select
        *,
        null as role_from_here,
        left_at as changed_at,
        2 * version_number + 1 as change_number
    from compared
    where version_text is distinct from version_text_before and left_at is not null

),

final as (

    select
        workspace_member_id,
        workspace_id,
        user_id,
        change_number,
        role_from_here,
        changed_at,
        last_loaded_at
    from changes

)

select * from final
