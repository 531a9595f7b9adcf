-- Usage as it was received and judged, before it becomes a fact.
{{ failing_declared_tests(
    (['stg_events__llm_usage'] if 'events' in var('sources') else [])
    + ['int_llm_usage_judged', 'int_llm_usage_meters']
) }}
