-- Invariant wished for: every cost that a source reported is list cost, or differs for a reason
-- that is known. Guards whoever compares the application's books with these: what nobody can
-- explain is a wrong price, a wrong count or a wrong book. The lines stand in fct_reported_costs.
{{ config(
    severity='warn',
    meta={'why_warn': 'a source may be wrong about its own costs'}
) }}

select
    usage_month,
    source_system,
    llm_id,
    sum(requests) as requests,
    sum(reported_cost) as reported_cost,
    sum(list_cost) as list_cost
from {{ ref('cost_reconciliation') }}
where difference_reason = 'unexplained'
group by usage_month, source_system, llm_id
