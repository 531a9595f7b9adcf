-- models/marts/efficiency
{{ failing_declared_tests(
    ['llm_efficiency_stats'], parents=['dim_llms', 'fct_llm_usage_daily', 'stg_loads__batches', 'int_llm_usage_judged']
) }}
