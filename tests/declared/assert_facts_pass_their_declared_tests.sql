-- What reads the fact waits for this test, so it asks the fact's own rows alone.
{{ failing_declared_tests(
    ['fct_llm_usage'], kinds=kinds_asked_together() | reject('equalto', 'relationships') | list
) }}
