{{ config(materialized=in_place('table')) }}

{% set name = ['provider_name', 'model_name'] %}

with providers as (

    select * from {{ ref('stg_pricing__llm_provider_aliases') }}

),

aliases as (

    select * from {{ ref('stg_pricing__llm_model_aliases') }}

),

deployments as (

    select * from {{ ref('int_llm_deployments_listed') }}

),

catalogue as (

    select
        providers.provider_name,
        aliases.model_name,
        providers.provider_id,
        aliases.model_id,
        aliases.valid_from,
        aliases.valid_to
    from providers
    inner join aliases on providers.provider_id = aliases.provider_id

),

-- While no deployment has the name.
gaps as (

    select
        provider_name,
        model_name,
        coalesce(
            lag(valid_to) over (partition by provider_name, model_name order by valid_from),
            {{ start_of_time() }}
        ) as gap_from,
        valid_from as gap_to
    from deployments
    union all
    select
        provider_name,
        model_name,
        max(valid_to) as gap_from,
        {{ end_of_time() }} as gap_to
    from deployments
    group by provider_name, model_name

),

resolved as (

    select
        {{ prefixed('catalogue', name + ['provider_id', 'model_id']) | join(',\n        ') }},
        greatest(catalogue.valid_from, coalesce(gaps.gap_from, catalogue.valid_from))
            as valid_from,
        least(catalogue.valid_to, coalesce(gaps.gap_to, catalogue.valid_to)) as valid_to
    from catalogue
    left join gaps on {{ equal_on('catalogue', 'gaps', name) }}
    where
        gaps.gap_to is null
        or (
            gaps.gap_from < gaps.gap_to
            and gaps.gap_from < catalogue.valid_to
            and gaps.gap_to > catalogue.valid_from
        )
    union all
    select
        {{ (name + ['provider_id', 'model_id', 'valid_from', 'valid_to']) | join(',\n        ') }}
    from deployments

)

select * from resolved
