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
        {{ sum_cost('reported_minus_list_cost') }} as reported_minus_list_cost
    from lines
    group by {{ grain | join(', ') }}

),

final as (

    select
        {{ stable_key(grain) }} as cost_reconciliation_key,
        {{ grain | join(',\n        ') }},
        requests,
        app_priced_requests,
        reported_cost,
        app_cost,
        list_cost,
        reported_minus_list_cost,
        unpriced_requests,
        unpriced_requests = 0 as is_complete
    from summed

)

select * from final
