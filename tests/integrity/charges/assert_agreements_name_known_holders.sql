-- Invariant: whom a price is agreed with is known: to the application, or from usage.
-- Guards fct_llm_charges_daily: a misspelt workspace or plan would be charged at list price.

with agreements as (

    select * from {{ ref('stg_billing__price_agreements') }}

),

known as (

    select
        holder_type,
        holder_id
    from {{ ref('int_plans_held_dated') }}
    union
    select
        'plan' as holder_type,
        lower(coalesce(plan_slug, plan_name)) as holder_id
    from {{ ref('int_plans_described') }}
    union
    select
        'workspace' as holder_type,
        workspace_id as holder_id
    from {{ ref('fct_llm_usage_daily') }}
    union
    select
        'tenant' as holder_type,
        tenant_id as holder_id
    from {{ ref('fct_llm_usage_daily') }}

)

select
    agreements.price_book,
    'price_agreements.csv: ' || agreements.price_book || ' is agreed with the '
    || agreements.holder_type || ' ' || coalesce(agreements.holder_id, '(empty)')
    || ', which nobody knows; mend the id, or delete the row' as message
from agreements
left join known
    on
        agreements.holder_type = known.holder_type
        and agreements.holder_id = known.holder_id
where known.holder_id is null
