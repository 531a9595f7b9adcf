-- Invariant: at most var `max_unpriced_token_share` of all tokens has no price.
-- Guards every cost: above it, "at least" would hide too much.
-- Mend: `pricing_coverage` names the models.

with totals as (

    select
        sum(unpriced_tokens) as unpriced_tokens,
        sum(total_tokens) as total_tokens
    from {{ ref('fct_llm_usage') }}

)

select * from totals
where unpriced_tokens > {{ var('max_unpriced_token_share') }} * total_tokens
