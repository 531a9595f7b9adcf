-- Invariant wished for: every workspace with a cost centre is known. A warning: a misspelt id
-- leaves a workspace unassigned, and a workspace may get its cost centre before its first use.
{{ config(severity='warn', meta={'why_warn': 'a cost centre may be there before its workspace'}) }}

select distinct
    cost_centers.workspace_id,
    'cost_centers.csv: nobody knows a workspace ' || cost_centers.workspace_id
    || '; mend the id, or delete the row' as message
from {{ ref('cost_centers') }} as cost_centers
left join {{ ref('dim_workspaces') }} as workspaces
    on cost_centers.workspace_id = workspaces.workspace_id
where workspaces.workspace_id is null
