with roles as (

    select * from {{ ref('int_workspace_roles_dated') }}

),

final as (

    select
        {{ stable_key(['workspace_member_id', 'valid_from']) }} as workspace_member_key,
        workspace_id,
        user_id,
        role,
        valid_from,
        case when valid_to < {{ end_of_time() }} then valid_to end as valid_to,
        valid_to = {{ end_of_time() }} and not is_deleted_upstream as is_current,
        is_deleted_upstream
    from roles

)

select * from final
