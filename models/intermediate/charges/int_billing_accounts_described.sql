with tenants as (

    select * from {{ ref('int_tenants_described') }}

),

-- A zone that nobody knows would stop every conversion: such an account is billed by reporting days.
described as (

    select
        tenant_id as billing_account_id,
        tenant_name as billing_account_name,
        case when {{ is_time_zone('timezone') }} then timezone end as billing_timezone
    from tenants

)

select * from described
