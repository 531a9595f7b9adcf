with source as (

    {{ raw_table('synapscale', 'workflow_executions') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as workflow_execution_id,
        {{ blank_to_null('execution_id') }} as execution_id,
        {{ blank_to_null('workflow_id') }} as workflow_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        lower({{ blank_to_null('status') }}) as status,
        {{ blank_to_null('priority') }} as priority,

        ---------- numerics
        total_nodes,
        completed_nodes,
        failed_nodes,
        estimated_duration as estimated_duration_seconds,
        actual_duration as duration_seconds,
        retry_count,

        ---------- timestamps
        {{ to_utc('started_at') }} as started_at,
        {{ to_utc('completed_at') }} as completed_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
