with tenants as (

    select * from {{ ref('int_tenants_described') }}

),

time_zones as (

    select * from {{ ref('stg_dimensions__time_zones') }}

),

-- A zone that does not exist would stop every conversion: its account has reporting days.
described as (

    select
        tenants.tenant_id as billing_account_id,
        tenants.tenant_name as billing_account_name,
        time_zones.timezone as billing_timezone
    from tenants
    left join time_zones on tenants.timezone = time_zones.timezone

)

select * from described
