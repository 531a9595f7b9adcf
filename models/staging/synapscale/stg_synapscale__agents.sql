with source as (

    {{ raw_table('synapscale', 'agents') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as agent_id,
        {{ blank_to_null('user_id') }} as owner_user_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        {{ blank_to_null('name') }} as agent_name,
        lower({{ blank_to_null('status') }}) as status,
        {{ blank_to_null('priority') }} as priority,
        {{ blank_to_null('version') }} as agent_version,
        {{ blank_to_null('environment') }} as environment,

        ---------- booleans
        is_active,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
