with source as (

    {{ raw_table('synapscale', 'workspace_members') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as workspace_member_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        lower({{ blank_to_null('role') }}) as role,
        lower({{ blank_to_null('status') }}) as status,

        ---------- timestamps
        {{ to_utc('last_seen_at') }} as last_seen_at,
        {{ to_utc('joined_at') }} as joined_at,
        {{ to_utc('left_at') }} as left_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
