-- Written after what was made of the batches: a run that is killed before takes them in again.
-- depends_on: {{ ref('fct_llm_usage') }}, {{ ref('rejected_llm_usage') }}

with batches as (

    select * from {{ ref('int_usage_batches_received') }}

),

final as (

    select
        {{ stable_key(['source_system', 'batch_id', 'usage_date']) }} as usage_load_ledger_key,
        source_system,
        batch_id,
        usage_date,
        row_count,
        '{{ restatement_rules() }}' as restatement_rules
    from batches

)

select * from final
