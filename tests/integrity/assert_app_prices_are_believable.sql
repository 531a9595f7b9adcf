-- Invariant wished for: every LLM in use has two prices of its own between 0 and 1 USD per token.
-- Guards price book `app`: a price per million, or none, would price no call and say nothing.
{{ config(
    severity='warn',
    enabled='synapscale' in var('sources'),
    meta={'why_warn': 'the book of the application prices no bill'}
) }}

select
    app_llm_id,
    provider_name,
    model_name,
    input_price,
    output_price,
    valid_from
from {{ ref('int_synapscale_llm_versions') }}
where
    coalesce(is_active, true)
    and not coalesce(input_price between 0 and 1 and output_price between 0 and 1, false)
