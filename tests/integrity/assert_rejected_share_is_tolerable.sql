-- Invariant: at most var `max_rejected_row_share` of all received versions is refused.
-- Guards the facts: a source that changed its format would otherwise vanish into the rejects.

with received as (

    select count(*) as version_count from {{ ref('int_llm_usage_history') }}

),

refused as (

    select count(*) as version_count from {{ ref('rejected_llm_usage') }}

)

select
    received.version_count as received_versions,
    refused.version_count as refused_versions
from received
cross join refused
where refused.version_count > {{ var('max_rejected_row_share') }} * received.version_count
