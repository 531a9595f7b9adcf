with source as (

    {{ raw_table('synapscale', 'subscriptions') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as subscription_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('plan_id') }} as plan_id,

        ---------- texts
        lower({{ blank_to_null('status') }}) as status,

        ---------- numerics
        quantity,
        {{ float_to_decimal('discount_amount') }} as discount_amount,
        {{ float_to_decimal('tax_percent') }} as tax_percent,

        ---------- timestamps
        {{ to_utc('current_period_start') }} as current_period_from,
        {{ to_utc('current_period_end') }} as current_period_to,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
