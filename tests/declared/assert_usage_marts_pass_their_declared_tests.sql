-- models/marts/usage
{{ failing_declared_tests(
    ['user_monthly_usage', 'workspace_monthly_usage'],
    parents=['dim_users', 'dim_workspaces', 'fct_llm_usage_daily', 'stg_loads__batches', 'int_llm_usage_judged']
) }}
