{{ config(meta={'follows_parents_alone': true}) }}
-- Prices, names and cost centres, as the seeds have them.
{{ failing_declared_tests([
    'cost_centers', 'stg_pricing__llm_models', 'stg_pricing__llm_price_components',
    'stg_pricing__llm_prices', 'stg_pricing__llm_provider_aliases', 'stg_pricing__price_modifiers',
    'int_llm_price_sheets',
]) }}
