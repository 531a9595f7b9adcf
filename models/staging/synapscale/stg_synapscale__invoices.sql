with source as (

    {{ raw_table('synapscale', 'invoices') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as invoice_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('subscription_id') }} as subscription_id,

        ---------- texts
        {{ blank_to_null('invoice_number') }} as invoice_number,
        lower({{ blank_to_null('status') }}) as status,
        upper({{ blank_to_null('currency') }}) as currency,

        ---------- numerics
        subtotal as subtotal_amount,
        tax_amount,
        discount_amount,
        total_amount,

        ---------- timestamps
        {{ to_utc('due_date') }} as due_at,
        {{ to_utc('paid_at') }} as paid_at,
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
