-- What charges are made by, and the charges.
{{ failing_declared_tests(
    ['price_agreements', 'price_factors', 'charge_terms_daily', 'fct_llm_charges_daily']
) }}
