{{ config(**appended_state()) }}

{% set measures = {
    'requests': 'bigint',
    'unpriced_requests': 'bigint',
    'total_tokens': 'bigint',
    'priced_components_cost': type_cost_sum(),
    'list_cost': type_cost_sum(),
} %}

with usage_daily as (

    select * from {{ ref('fct_llm_usage_daily') }}
    where {{ is_unrecorded('fct_llm_usage_daily') }}

),

reasons as (

    select * from {{ ref('int_usage_dates_restated') }}

),

recorded as (

    {{ newest_restatements(measures) }}

),

computed as (

    select
        usage_date,
        {{ sum_additive(measures.keys() | list) }},
        max(restated_at) as restated_at
    from usage_daily
    group by usage_date

),

-- What a date held when it was last recorded, so that a run that was killed loses no difference.
changed as (

    select
        coalesce(computed.usage_date, recorded.usage_date) as usage_date,
        coalesce(computed.restated_at, {{ run_started() }}) as restated_at,
        {{ before_and_after(measures, 'recorded', 'computed') }}
    from computed
    full outer join recorded
        on computed.usage_date = recorded.usage_date
    where
        computed.restated_at <> recorded.restated_at
        or recorded.usage_date is null
        or (computed.usage_date is null and recorded.requests > 0)

),

final as (

    select
        {{ stable_key(['changed.usage_date', 'changed.restated_at']) }} as usage_restatement_key,
        changed.*,
        coalesce(reasons.restatement_reason, 'caught_up') as restatement_reason,
        '{{ invocation_id }}' as dbt_invocation_id
    from changed
    left join reasons
        on changed.usage_date = reasons.usage_date

)

select * from final
