-- Invariant: whatever has a price, an alias or a factor is a model of the catalogue.
-- Guards int_llm_names_resolved: a misspelt model id prices nothing, and its usage stays unpriced.

with models as (

    select * from {{ ref('stg_pricing__llm_models') }}

),

named as (

    select
        provider_id,
        model_id,
        'llm_prices.csv' as seed
    from {{ ref('stg_pricing__llm_prices') }}
    union
    select
        provider_id,
        model_id,
        'llm_model_aliases.csv' as seed
    from {{ ref('stg_pricing__llm_model_aliases') }}
    union
    select
        provider_id,
        model_id,
        'price_modifiers.csv' as seed
    from {{ ref('stg_pricing__price_modifiers') }}

)

select
    named.seed,
    named.seed || ': ' || named.provider_id || '/' || named.model_id
    || ' is not in llm_models.csv; mend the spelling or add the model' as message
from named
left join models
    on
        named.provider_id = models.provider_id
        and named.model_id = models.model_id
where models.model_id is null
union all
select
    'none' as seed,
    'no name was compared' as message
where not exists (select 1 from named)
