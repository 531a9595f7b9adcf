with source as (

    {{ raw_table('synapscale', 'analytics_events') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as analytics_event_id,
        {{ blank_to_null('event_id') }} as event_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('session_id') }} as session_id,
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('project_id') }} as project_id,
        {{ blank_to_null('workflow_id') }} as workflow_id,

        ---------- texts
        {{ blank_to_null('event_type') }} as event_type,
        {{ blank_to_null('category') }} as category,
        {{ blank_to_null('action') }} as action,
        {{ blank_to_null('country') }} as country,
        {{ blank_to_null('timezone') }} as timezone,
        {{ blank_to_null('device_type') }} as device_type,
        {{ blank_to_null('os') }} as os,
        {{ blank_to_null('browser') }} as browser,

        ---------- numerics
        value as event_value,

        ---------- timestamps
        {{ to_utc('timestamp') }} as occurred_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
