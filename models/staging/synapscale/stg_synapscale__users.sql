with source as (

    {{ raw_table('synapscale', 'users') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as user_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        {{ user_label() }} as user_label,
        lower({{ blank_to_null('status') }}) as status,

        ---------- numerics
        login_count,
        failed_login_attempts,

        ---------- booleans
        is_active,
        is_verified,
        is_superuser,

        ---------- timestamps
        {{ to_utc('last_login_at') }} as last_login_at,
        {{ to_utc('account_locked_until') }} as account_locked_until,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
