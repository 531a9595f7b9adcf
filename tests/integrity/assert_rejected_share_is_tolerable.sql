-- Invariant: at most var `max_rejected_row_share` of all received versions is refused and not made
-- good by a version of the same record that was loaded later.
-- Guards the facts: a source that changed its format would otherwise vanish into the rejects. It
-- reads a mart that nothing is made of, so all marts are there to look at when it fails.
-- What to do: the message names the reasons, and a row for each.

with batches as (

    select * from {{ ref('load_audit') }}
    where received_rows is not null

),

rejected as (

    select
        *,
        {{ stable_key(['source_system', 'source_instance', 'source_record_id']) }} as usage_key
    from {{ ref('rejected_llm_usage') }}

),

made_good as (

    select rejected.rejected_key
    from rejected
    inner join {{ ref('fct_llm_usage') }} as facts
        on rejected.usage_key = facts.usage_key
    inner join batches
        on
            facts.source_system = batches.source_name
            and facts.batch_id = batches.batch_id
    where batches.loaded_at > rejected.first_seen_at

),

refused as (

    select
        *,
        count(*) over (partition by rejection_reason) as versions,
        row_number() over (
            partition by rejection_reason order by source_record_id, rejected_key
        ) as place
    from rejected
    where rejected_key not in (select made_good.rejected_key from made_good)

),

received as (

    select sum(received_rows) as versions from batches

),

counted as (

    select count(*) as versions from refused

),

totals as (

    select
        received.versions as received,
        counted.versions as refused
    from received
    cross join counted

),

-- One example of each reason.
ranked as (

    select
        *,
        row_number() over (order by versions desc, rejection_reason asc) as reason_rank
    from refused
    where place = 1

),

described as (

    select
        ranked.reason_rank,
        '  ' || ranked.rejection_reason || ': '
        || cast(ranked.versions as {{ dbt.type_string() }}) || ' rows, '
        || {{ percent_text('ranked.versions', 'totals.received') }}
        || '; such as source ' || ranked.source_system || ', batch ' || ranked.batch_id
        || ', record ' || coalesce(ranked.source_record_id, 'without an id') as reason_line
    from ranked
    cross join totals

),

listed as (

    select
        {{ first_lines('reason_line', 'reason_rank') }} as reason_lines,
        count(*) as reasons
    from described

)

select
    totals.received as received_versions,
    totals.refused as refused_versions,
    concat_ws(
        chr(10),
        {{ percent_text('totals.refused', 'totals.received') }}
        || ' of all received rows are refused; var max_rejected_row_share'
        || ' allows a share of {{ var("max_rejected_row_share") }}.'
        || ' By reason (all of them: marts.rejected_llm_usage):',
        listed.reason_lines,
        case
            when listed.reasons > 5
                then '  and ' || cast(listed.reasons - 5 as {{ dbt.type_string() }}) || ' more'
        end,
        'Next:',
        '- correct the rows, or the mapping, and load them again: docs/loading.md, Refused by the'
        || ' build; a row that can be counted replaces the refused one',
        '- they may stay refused: set var max_rejected_row_share to '
        || {{ share_that_passes('totals.refused', 'totals.received') }}
    ) as message
from totals
cross join listed
where totals.refused > {{ var('max_rejected_row_share') }} * totals.received
