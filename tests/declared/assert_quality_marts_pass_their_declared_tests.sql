-- models/marts/quality
{{ failing_declared_tests(
    ['load_audit', 'pricing_coverage', 'pricing_coverage_monthly']
) }}
