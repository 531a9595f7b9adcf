{{ config(materialized=in_place('table')) }}

{% set key = ['price_book', 'provider_id', 'model_id'] %}

with factors as (

    select * from {{ ref('stg_billing__price_factors') }}

),

models as (

    select * from {{ ref('stg_pricing__llm_models') }}

),

-- A factor of a model's own stands before its provider's, and that before one of every provider.
candidates as (

    select
        factors.price_book,
        models.provider_id,
        models.model_id,
        factors.factor,
        factors.valid_from,
        factors.valid_to,
        case when factors.provider_id = '*' then 2 else 0 end
        + case when factors.model_id = '*' then 1 else 0 end as factor_rank
    from factors
    inner join models
        on
            factors.provider_id in ('*', models.provider_id)
            and factors.model_id in ('*', models.model_id)

),

instants as (

    select
        {{ key | join(', ') }},
        valid_from as cut_on
    from candidates
    union
    select
        {{ key | join(', ') }},
        valid_to as cut_on
    from candidates

),

periods as (

    select
        {{ key | join(', ') }},
        cut_on as valid_from,
        lead(cut_on) over (partition by {{ key | join(', ') }} order by cut_on) as valid_to
    from instants

),

ranked as (

    select
        {{ prefixed('periods', key + ['valid_from', 'valid_to']) | join(', ') }},
        candidates.factor,
        row_number() over (
            partition by {{ prefixed('periods', key + ['valid_from']) | join(', ') }}
            order by candidates.factor_rank asc, candidates.factor asc
        ) as period_rank
    from periods
    inner join candidates
        on
            {{ equal_on('periods', 'candidates', key) }}
            and periods.valid_from >= candidates.valid_from
            and periods.valid_to <= candidates.valid_to

),

dated as (

    select {{ (key + ['factor', 'valid_from', 'valid_to']) | join(', ') }}
    from ranked
    where period_rank = 1

)

select * from dated
