with source as (

    {{ raw_table('synapscale', 'tenants') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as tenant_id,
        {{ blank_to_null('plan_id') }} as plan_id,

        ---------- texts
        {{ blank_to_null('name') }} as tenant_name,
        {{ blank_to_null('slug') }} as tenant_slug,
        {{ blank_to_null('timezone') }} as timezone,
        lower({{ blank_to_null('status') }}) as status,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
