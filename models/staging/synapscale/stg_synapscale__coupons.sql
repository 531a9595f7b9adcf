with source as (

    {{ raw_table('synapscale', 'coupons') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as coupon_id,

        ---------- texts
        {{ one_of('type', ['percent', 'amount'], 'unknown') }} as coupon_type,
        upper({{ blank_to_null('currency') }}) as currency,

        ---------- numerics
        {{ float_to_decimal('value') }} as coupon_value,

        ---------- timestamps
        {{ to_utc('valid_from') }} as valid_from,
        {{ to_utc('valid_until') }} as valid_to,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
