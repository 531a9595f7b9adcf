with batches as (

    select * from {{ ref('int_batches_loaded') }}

),

ledger as (

    select
        source_system,
        batch_id,
        sum(row_count) as received_rows,
        min(usage_date) as first_usage_date,
        max(usage_date) as last_usage_date
    from {{ ref('usage_load_ledger') }}
    group by source_system, batch_id

),

judged as (

    select
        source_system,
        _batch_id as batch_id,
        count(*) filter (where version_status = 'duplicate') as duplicate_rows,
        count(*) filter (where version_status = 'superseded') as superseded_rows,
        count(*) filter (where version_status = 'rejected') as rejected_rows
    from {{ ref('int_llm_usage_judged') }}
    group by source_system, _batch_id

),

final as (

    select
        {{ stable_key(['batches.source_name', 'batches.table_name', 'batches.batch_id']) }}
            as load_audit_key,
        batches.source_name,
        batches.table_name,
        batches.batch_id,
        batches.load_mode,
        batches.file_name,
        batches.loaded_at,
        batches.row_count as counted_rows,
        cast(ledger.received_rows as bigint) as received_rows,
        case
            when ledger.batch_id is not null
                then cast(
                    ledger.received_rows
                    - coalesce(judged.duplicate_rows, 0)
                    - coalesce(judged.superseded_rows, 0)
                    - coalesce(judged.rejected_rows, 0)
                    as bigint
                )
        end as accepted_rows,
        case when ledger.batch_id is not null then coalesce(judged.duplicate_rows, 0) end
            as duplicate_rows,
        case when ledger.batch_id is not null then coalesce(judged.superseded_rows, 0) end
            as superseded_rows,
        case when ledger.batch_id is not null then coalesce(judged.rejected_rows, 0) end
            as rejected_rows,
        ledger.first_usage_date,
        ledger.last_usage_date
    from batches
    left join ledger
        on
            batches.source_name = ledger.source_system
            and batches.batch_id = ledger.batch_id
    left join judged
        on
            batches.source_name = judged.source_system
            and batches.batch_id = judged.batch_id

)

select * from final
