with source as (

    {{ raw_table('synapscale', 'workflows') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as workflow_id,
        {{ blank_to_null('user_id') }} as owner_user_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        {{ blank_to_null('name') }} as workflow_name,
        {{ blank_to_null('category') }} as category,
        {{ blank_to_null('version') }} as workflow_version,
        lower({{ blank_to_null('status') }}) as status,
        {{ blank_to_null('priority') }} as priority,

        ---------- numerics
        execution_count,
        timeout_seconds,
        retry_count,

        ---------- booleans
        is_active,
        is_public,

        ---------- timestamps
        {{ to_utc('last_executed_at') }} as last_executed_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
