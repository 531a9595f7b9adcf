with source as (

    {{ raw_table('synapscale', 'workspaces') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as workspace_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('owner_id') }} as owner_user_id,
        {{ blank_to_null('plan_id') }} as plan_id,

        ---------- texts
        {{ blank_to_null('name') }} as workspace_name,
        {{ blank_to_null('slug') }} as workspace_slug,
        {{ one_of('type', ['individual', 'collaborative'], 'unknown') }} as workspace_type,
        lower({{ blank_to_null('status') }}) as status,

        ---------- numerics
        max_members,
        member_count,
        api_calls_today,
        api_calls_this_month,

        ---------- booleans
        is_public,
        is_template,

        ---------- timestamps
        last_activity_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
