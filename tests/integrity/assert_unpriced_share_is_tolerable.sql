-- Invariant: at most var `max_unpriced_token_share` of all tokens has no price.
-- Guards every cost: above it, "at least" would hide too much. It reads a mart that nothing is made
-- of, so all marts are there to look at when it fails.
-- Mend: the message names the models, and the rows that would price them.

with coverage as (

    select
        *,
        coalesce(provider_name, 'unattributed') as provider,
        coalesce(reported_model, 'unattributed') as model_name,
        split_part(suggested_llm_ids, ', ', 1) as suggested_llm_id
    from {{ ref('pricing_coverage') }}

),

totals as (

    select
        sum(unpriced_tokens) as unpriced,
        sum(total_tokens) as total,
        count(unpriced_token_rank) as names
    from coverage

),

described as (

    select
        coverage.unpriced_token_rank,
        '  ' || coverage.provider || ' / ' || coverage.model_name || ': '
        || cast(coverage.unpriced_tokens as {{ dbt.type_string() }}) || ' tokens, '
        || {{ percent_text('coverage.unpriced_tokens', 'totals.total') }}
        || case
            when coverage.suggested_llm_ids is not null
                then '; like ' || coverage.suggested_llm_ids
            when coverage.is_unknown_model then '; like no listed model'
            else '; listed, but without a price for all that it used'
        end as name_line,
        '  ' || {{ csv_value('lower(coverage.provider)') }}
        || ',' || {{ csv_value('coverage.model_name') }}
        || ',' || split_part(coverage.suggested_llm_id, '/', 1)
        || ',' || {{ csv_value("substr(coverage.suggested_llm_id, length(split_part(coverage.suggested_llm_id, '/', 1)) + 2)") }} -- noqa: LT05
        || ',,' as row_line
    from coverage
    cross join totals

),

listed as (

    select
        {{ first_lines('name_line', 'unpriced_token_rank') }} as name_lines,
        {{ first_lines('row_line', 'unpriced_token_rank') }} as row_lines
    from described

)

select
    totals.unpriced as unpriced_tokens,
    totals.total as total_tokens,
    concat_ws(
        chr(10),
        {{ percent_text('totals.unpriced', 'totals.total') }} || ' of all tokens have no price; var'
        || ' max_unpriced_token_share allows a share of {{ var("max_unpriced_token_share") }}.'
        || ' Most tokens first (all of them: marts.pricing_coverage):',
        listed.name_lines,
        case when totals.names > 5
            then '  and ' || cast(totals.names - 5 as {{ dbt.type_string() }}) || ' more'
        end,
        'Next, name by name (docs/model_names.md):',
        '- a listed model under another name: add a row to seeds/pricing/llm_deployments.csv'
        || case
            when listed.row_lines is not null
                then '; these name the first model that each is like, choose the right one:'
            else ', as docs/model_names.md shows'
        end,
        listed.row_lines,
        '- a model without a price: make prices, or add its prices (CONTRIBUTING.md)',
        '- it may stay unpriced: set var max_unpriced_token_share to '
        || {{ share_that_passes('totals.unpriced', 'totals.total') }}
    ) as message
from totals
cross join listed
where totals.unpriced > {{ var('max_unpriced_token_share') }} * totals.total
