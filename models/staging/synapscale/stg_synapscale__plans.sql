with source as (

    {{ raw_table('synapscale', 'plans') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as plan_id,

        ---------- texts
        {{ blank_to_null('name') }} as plan_name,
        {{ blank_to_null('slug') }} as plan_slug,

        ---------- numerics
        {{ float_to_decimal('price_monthly') }} as monthly_price,
        {{ float_to_decimal('price_yearly') }} as yearly_price,
        max_workspaces,
        max_members,

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
