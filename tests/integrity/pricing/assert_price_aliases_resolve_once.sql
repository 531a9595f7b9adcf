-- Invariant: a reported name means at most one model at any instant.
-- Guards fct_llm_usage: a name with two meanings would double every attempt that carries it.

with names as (

    select * from {{ ref('int_llm_names_resolved') }}

),

followed as (

    select
        provider_name,
        model_name,
        model_id,
        valid_to,
        lead(model_id) over (
            partition by provider_name, model_name order by valid_from, model_id
        ) as next_model_id,
        lead(valid_from) over (
            partition by provider_name, model_name order by valid_from, model_id
        ) as next_from
    from names

)

select
    model_name,
    'llm_model_aliases.csv: ' || provider_name || ' ' || model_name || ' means ' || model_id
    || ' and ' || next_model_id || ' from ' || cast(next_from as {{ dbt.type_string() }})
    || '; close the earlier row on that day' as message
from followed
where next_from < valid_to
union all
select
    'none' as model_name,
    'llm_model_aliases.csv: no name was compared' as message
where not exists (select 1 from followed)
