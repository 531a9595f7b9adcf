-- models/marts/billing
{{ failing_declared_tests(
    ['cost_reconciliation', 'fct_reported_costs'],
    parents=['fct_llm_usage_daily', 'stg_loads__batches', 'int_llm_usage_judged']
) }}
