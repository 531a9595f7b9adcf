-- Invariant wished for: every token has a price. A warning: models appear before their prices.
-- Mend: add the names below to the price seeds; costs that contain them read "at least".
{{ config(severity='warn', meta={'why_warn': 'a new model must not stop the bill of all others'}) }}

select
    source_system,
    provider_name,
    reported_model,
    llm_id,
    unpriced_requests,
    unpriced_tokens
from {{ ref('pricing_coverage') }}
where unpriced_requests > 0
