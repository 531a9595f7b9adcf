-- What the marts by day and month are summed from.
{{ failing_declared_tests(
    ['fct_llm_usage_daily', 'llm_prices_used']
) }}
