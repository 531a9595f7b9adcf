with source as (

    {{ raw_table('synapscale', 'user_variables') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as user_variable_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        {{ blank_to_null('key') }} as variable_name,
        lower({{ blank_to_null('category') }}) as category,

        ---------- booleans
        is_secret,
        is_encrypted,
        is_active,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
