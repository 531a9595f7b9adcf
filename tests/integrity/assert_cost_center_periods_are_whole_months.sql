-- Invariant: a workspace has at most one cost centre in any month.
-- Guards every mart with a cost centre: two of them would double a workspace's cost, and a change
-- within a month would split a monthly row.

with periods as (

    select
        workspace_id,
        valid_from,
        valid_to,
        lead(valid_from) over (
            partition by workspace_id order by valid_from, valid_to
        ) as next_from
    from {{ ref('stg_dimensions__cost_centers') }}

)

select
    workspace_id,
    'cost_centers.csv or demo_cost_centers.csv: a period of ' || workspace_id || ' starts on '
    || cast(valid_from as {{ dbt.type_string() }}) || ' and ends on '
    || cast(valid_to as {{ dbt.type_string() }}) || '; both must be the first of a month, the end '
    || 'after the start' as message
from periods
where
    {{ month_of('valid_from') }} != valid_from
    or ({{ month_of('valid_to') }} != valid_to and valid_to < cast({{ end_of_time() }} as date))
    or valid_to <= valid_from
union all
select
    workspace_id,
    'cost_centers.csv or demo_cost_centers.csv: a period of ' || workspace_id || ' still runs on '
    || cast(next_from as {{ dbt.type_string() }}) || ', when its next one starts; set its valid_to '
    || 'to that day' as message
from periods
where next_from < valid_to
