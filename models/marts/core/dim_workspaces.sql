with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}

),

seen as (

    select
        workspace_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date
    from usage_daily
    group by workspace_id

),

members as (

    select workspace_id from seen
    union
    select 'unattributed' as workspace_id

),

-- No source describes workspaces yet, so every member is known from usage alone.
final as (

    select
        members.workspace_id,
        seen.first_usage_date,
        seen.last_usage_date,
        members.workspace_id = 'unattributed' as is_unattributed,
        true as is_inferred
    from members
    left join seen
        on members.workspace_id = seen.workspace_id

)

select * from final
