-- Invariant wished for: the application's total_tokens is its input_tokens + output_tokens, or 0,
-- its default. A warning: the two counts are what is priced, not their total.
{{ config(
    enabled='synapscale' in var('sources'),
    severity='warn',
    meta={'why_warn': 'a total that the application added up wrongly changes no cost'},
) }}

select
    usage_log_id,
    input_tokens,
    output_tokens,
    total_tokens,
    _batch_id
from {{ ref('stg_synapscale__usage_logs') }}
where
    total_tokens <> 0
    and total_tokens <> input_tokens + output_tokens
    and (input_tokens <> 0 or output_tokens <> 0)
