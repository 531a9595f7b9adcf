-- Invariant: a name of llm_deployments.csv means one known model at any instant.
-- Guards int_llm_names_resolved: a misspelt model would leave the deployment unpriced, and a name
-- with two meanings would double every attempt that carries it. An empty seed is well: it is the
-- user's, and ships so.

with deployments as (

    select
        *,
        'llm_deployments.csv: ' || coalesce(provider_name, '?') || ' '
        || coalesce(model_name, '?') || ' ' as row_name,
        lead(valid_from) over (
            partition by provider_name, model_name order by valid_from, valid_to
        ) as next_from
    from {{ ref('stg_pricing__llm_deployments') }}

),

models as (

    select * from {{ ref('stg_pricing__llm_models') }}

)

select
    deployments.row_name,
    deployments.row_name || 'names ' || coalesce(deployments.provider_id, '?') || '/'
    || coalesce(deployments.model_id, '?') || ', which is not in llm_models.csv; mend the spelling '
    || 'or add the model' as message
from deployments
left join models
    on
        deployments.provider_id = models.provider_id
        and deployments.model_id = models.model_id
where models.model_id is null
union all
select
    row_name,
    row_name || 'starts at ' || cast(valid_from as {{ dbt.type_string() }}) || ' and ends at '
    || cast(valid_to as {{ dbt.type_string() }}) || '; an end is later than its start' as message
from deployments
where valid_to <= valid_from
union all
select
    row_name,
    row_name || 'still runs at ' || cast(next_from as {{ dbt.type_string() }})
    || ', when its next row starts; set its valid_to to that instant' as message
from deployments
where next_from < valid_to
union all
select
    row_name,
    row_name || 'has no provider_name or no deployment_name; copy both from pricing_coverage'
        as message
from deployments
where coalesce(provider_name, '') = '' or coalesce(model_name, '') = ''
