{{ config(materialized=in_place('table')) }}

{% set model = ['provider_id', 'model_id'] %}

with candidates as (

    select * from {{ ref('int_synapscale_prices_resolved') }}

),

instants as (

    select {{ (model + ['valid_from as instant']) | join(', ') }}
    from candidates
    union
    select {{ (model + ['valid_to as instant']) | join(', ') }}
    from candidates

),

periods as (

    select
        {{ model | join(', ') }},
        instant as valid_from,
        lead(instant) over (partition by {{ model | join(', ') }} order by instant) as valid_to
    from instants

),

-- Where the application offers a model twice, the one in use prices it: active, then newest.
ranked as (

    select
        {{ prefixed('periods', model + ['valid_from', 'valid_to']) | join(',\n        ') }},
        {{ prefixed('candidates', ['app_llm_id', 'input_price', 'output_price', '_loaded_at'])
            | join(',\n        ') }},
        row_number() over (
            partition by {{ prefixed('periods', model + ['valid_from']) | join(', ') }}
            order by
                candidates.is_active desc,
                candidates.updated_at desc nulls last,
                candidates.created_at desc nulls last,
                candidates.app_llm_id asc
        ) as candidate_rank
    from periods
    inner join candidates
        on
            {{ equal_on('periods', 'candidates', model) }}
            and periods.valid_from >= candidates.valid_from
            and periods.valid_to <= candidates.valid_to

),

dated as (

    select
        {{ (model + ['valid_from', 'valid_to', 'app_llm_id']) | join(',\n        ') }},
        cast(input_price as {{ type_unit_price() }}) as input_price,
        cast(output_price as {{ type_unit_price() }}) as output_price,
        _loaded_at
    from ranked
    where candidate_rank = 1

),

merged as (

    {{ merged_periods(
        'dated', model, ['input_price', 'output_price'], carried=['app_llm_id', '_loaded_at']
    ) }}

)

select * from merged
