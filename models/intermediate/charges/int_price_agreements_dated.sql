{{ config(materialized=in_place('table')) }}

with agreements as (

    select * from {{ ref('stg_billing__price_agreements') }}

),

plans_held as (

    select * from {{ ref('int_plans_held_dated') }}

),

by_name as (

    select
        holder_type,
        holder_id,
        tenant_id,
        price_book_kind,
        case holder_type when 'workspace' then 1 else 2 end as agreement_rank,
        price_book,
        billing_currency,
        valid_from,
        valid_to
    from agreements
    where holder_type in ('workspace', 'tenant')

),

by_plan as (

    select
        plans_held.holder_type,
        plans_held.holder_id,
        agreements.tenant_id,
        agreements.price_book_kind,
        case plans_held.holder_type when 'workspace' then 3 else 4 end as agreement_rank,
        agreements.price_book,
        agreements.billing_currency,
        greatest(agreements.valid_from, plans_held.valid_from) as valid_from,
        least(agreements.valid_to, plans_held.valid_to) as valid_to
    from agreements
    inner join plans_held
        on
            agreements.plan = plans_held.plan
            and agreements.valid_from < plans_held.valid_to
            and agreements.valid_to > plans_held.valid_from
    where agreements.holder_type = 'plan'

),

dated as (

    select * from by_name
    union all
    select * from by_plan

)

select * from dated
