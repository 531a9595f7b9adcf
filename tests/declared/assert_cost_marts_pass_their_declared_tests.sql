-- models/marts/costs
{{ failing_declared_tests(
    ['llm_costs_daily', 'cost_per_token', 'cost_change_drivers'],
    parents=['dim_llms', 'dim_workspaces', 'fct_llm_usage_daily', 'stg_loads__batches', 'int_llm_usage_judged']
) }}
