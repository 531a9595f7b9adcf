-- Invariant: the fact has exactly the current attempts and their tokens, day by day.
-- Guards fct_llm_usage: a price join that drops or doubles an attempt loses or invents money.

with attempts as (

    select
        usage_date,
        count(*) as attempts,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('int_llm_usage_current') }}
    where
        {{ is_tested('usage_date') }}
        and {{ is_one_of('_batch_id', batches_of_tested_dates()) }}
    group by usage_date

),

facts as (

    select
        usage_date,
        count(*) as attempts,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('fct_llm_usage') }}
    where {{ is_tested('usage_date') }}
    group by usage_date

),

compared as (

    select
        coalesce(attempts.usage_date, facts.usage_date) as usage_date,
        attempts.attempts as current_attempts,
        facts.attempts as fact_attempts,
        attempts.input_tokens as current_input_tokens,
        facts.input_tokens as fact_input_tokens,
        attempts.output_tokens as current_output_tokens,
        facts.output_tokens as fact_output_tokens
    from attempts
    full outer join facts
        on attempts.usage_date = facts.usage_date

)

{{ differences('compared', 'usage_date', {
    'attempts': ('current_attempts', 'fact_attempts'),
    'input tokens': ('current_input_tokens', 'fact_input_tokens'),
    'output tokens': ('current_output_tokens', 'fact_output_tokens'),
}) }}
