{{ config(materialized=in_place('table')) }}

with versions as (

    select * from {{ ref('int_synapscale_llm_versions') }}

),

names as (

    select * from {{ ref('int_llm_names_resolved') }}

),

providers as (

    select * from {{ ref('stg_pricing__llm_provider_aliases') }}

),

-- Names are read as usage reads them, so that a price meets the calls it was made for.
resolved as (

    select
        coalesce(names.provider_id, providers.provider_id, lower(versions.provider_name))
            as provider_id,
        coalesce(names.model_id, {{ catalogue_name('versions.model_name') }}) as model_id,
        greatest(versions.valid_from, coalesce(names.valid_from, versions.valid_from))
            as valid_from,
        least(versions.valid_to, coalesce(names.valid_to, versions.valid_to)) as valid_to,
        coalesce(versions.is_active, true) as is_active,
        {{ prefixed('versions', [
            'app_llm_id', 'input_price', 'output_price', 'created_at', 'updated_at', '_loaded_at',
        ]) | join(',\n        ') }}
    from versions
    left join names
        on
            lower(versions.provider_name) = names.provider_name
            and {{ catalogue_name('versions.model_name') }} = names.model_name
            and versions.valid_from < names.valid_to
            and versions.valid_to > names.valid_from
    left join providers
        on lower(versions.provider_name) = providers.provider_name
    where
        versions.input_price between 0 and 1
        and versions.output_price between 0 and 1

)

select * from resolved
