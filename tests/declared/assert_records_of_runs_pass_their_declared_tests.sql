-- What was refused, taken in and restated.
{{ failing_declared_tests([
    'rejected_llm_usage', 'usage_load_ledger', 'usage_restatements',
]) }}
