{{ config(**restated_by('usage_month', parent='fct_reported_costs', cost_centers=true)) }}

{% set grain = [
    'usage_month',
    'source_system',
    'workspace_id',
    'llm_id',
    'credential_owner',
    'difference_reason',
] %}

with lines as (

    select * from {{ ref('fct_reported_costs') }}
    where {{ is_restated('usage_month') }}

),

cost_centers as (

    select * from {{ ref('int_cost_centers_dated') }}

),

summed as (

    select
        {{ grain | join(',\n        ') }},
        count(*) as requests,
        count(app_cost) as app_priced_requests,
        count(*) filter (where list_cost is null) as unpriced_requests,
        {{ sum_cost('reported_cost') }} as reported_cost,
        {{ sum_cost('app_cost') }} as app_cost,
        {{ sum_cost('list_cost') }} as list_cost,
        {{ sum_cost('reported_minus_list_cost') }} as reported_minus_list_cost,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens,
        max(restated_at) as restated_at
    from lines
    group by {{ grain | join(', ') }}

),

final as (

    select
        {{ stable_key(prefixed('summed', grain)) }} as cost_reconciliation_key,
        {{ prefixed('summed', grain) | join(',\n        ') }},
        {{ cost_center_columns('cost_centers') }},
        summed.requests,
        summed.app_priced_requests,
        summed.reported_cost,
        summed.app_cost,
        summed.list_cost,
        summed.reported_minus_list_cost,
        summed.unpriced_requests,
        summed.unpriced_tokens,
        summed.unpriced_requests = 0 as is_complete,
        summed.restated_at
    from summed
    left join cost_centers
        on
            summed.workspace_id = cost_centers.workspace_id
            and summed.usage_month >= cost_centers.valid_from
            and summed.usage_month < cost_centers.valid_to

)

select * from final
