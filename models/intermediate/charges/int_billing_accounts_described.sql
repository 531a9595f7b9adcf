with tenants as (

    select * from {{ ref('int_tenants_described') }}

),

-- A zone that does not exist would stop every conversion: its account has reporting days.
described as (

    select
        tenant_id as billing_account_id,
        tenant_name as billing_account_name,
        case when {{ is_time_zone('timezone') }} then timezone end as billing_timezone
    from tenants

)

select * from described
