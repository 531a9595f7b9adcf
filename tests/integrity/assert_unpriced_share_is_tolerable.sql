-- Invariant: at most var `max_unpriced_token_share` of all tokens has no price.
-- Guards every cost: above it, "at least" would hide too much. It reads a mart that nothing is made
-- of, so all marts are there to look at when it fails.
-- What to do: the message names the models, and the rows that would price them.

with coverage as (

    select * from {{ ref('pricing_coverage') }}

),

-- One row per name: two sources may report the same one, and it is priced by one row.
names as (

    select
        lower(coalesce(provider_name, 'unattributed')) as provider,
        min(coalesce(reported_model, 'unattributed')) as model_name,
        min(suggested_llm_ids) as suggested_llm_ids,
        min(suggested_deployment) as suggested_deployment,
        max(case when is_unknown_model then 1 else 0 end) as is_unknown,
        sum(unpriced_tokens) as unpriced_tokens
    from coverage
    where unpriced_tokens > 0
    group by
        lower(coalesce(provider_name, 'unattributed')),
        {{ catalogue_name("coalesce(reported_model, 'unattributed')") }}

),

ranked as (

    select
        *,
        row_number() over (order by unpriced_tokens desc, provider asc, model_name asc) as name_rank
    from names

),

counted as (

    select count(*) as name_count from names

),

summed as (

    select
        sum(unpriced_tokens) as unpriced,
        sum(total_tokens) as total
    from coverage

),

totals as (

    select
        summed.unpriced,
        summed.total,
        counted.name_count
    from summed
    cross join counted

),

described as (

    select
        ranked.name_rank,
        '  ' || ranked.provider || ' / ' || ranked.model_name || ': '
        || cast(ranked.unpriced_tokens as {{ dbt.type_string() }}) || ' tokens, '
        || {{ percent_text('ranked.unpriced_tokens', 'totals.total') }}
        || case
            when ranked.suggested_llm_ids is not null
                then '; like ' || ranked.suggested_llm_ids
            when ranked.is_unknown = 1 then '; like no listed model'
            else '; listed, but without a price for all that it used'
        end as name_line,
        '  ' || ranked.suggested_deployment as row_line
    from ranked
    cross join totals

),

listed as (

    select
        {{ first_lines('name_line', 'name_rank') }} as name_lines,
        {{ first_lines('row_line', 'name_rank') }} as row_lines
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
        case
            when totals.name_count > 5
                then '  and ' || cast(totals.name_count - 5 as {{ dbt.type_string() }}) || ' more'
        end,
        'Next, name by name (docs/model_names.md):',
        '- a listed model under another name: add a row to seeds/pricing/llm_deployments.csv'
        || case
            when listed.row_lines is not null
                then '; each row below names the most similar listed model, correct it first:'
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
