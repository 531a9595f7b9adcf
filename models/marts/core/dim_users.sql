with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}

),

seen as (

    select
        user_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date
    from usage_daily
    group by user_id

),

members as (

    select user_id from seen
    union
    select 'unattributed' as user_id

),

-- No source describes users yet, so every member is known from usage alone.
final as (

    select
        members.user_id,
        seen.first_usage_date,
        seen.last_usage_date,
        members.user_id = 'unattributed' as is_unattributed,
        true as is_inferred
    from members
    left join seen
        on members.user_id = seen.user_id

)

select * from final
