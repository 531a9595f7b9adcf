-- An edited closed price must not reach a sheet: depends_on: {{ ref('llm_price_hashes') }}
-- Nor must a price that was lost and reads 0: depends_on: {{ ref('stg_pricing__llm_models') }}

with prices as (

    select * from {{ ref('int_llm_prices_unioned') }}

),

components as (

    select * from {{ ref('stg_pricing__llm_price_components') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by price_key, valid_from
            order by revision desc, valid_to asc, usd_per_unit asc
        ) as revision_rank
    from prices

),

-- A cancelled revision hides the rows below it; an announced one applies from its start.
revised as (

    select
        ranked.price_row,
        ranked.price_key,
        ranked.price_book,
        ranked.provider_id,
        ranked.model_id,
        ranked.component,
        components.kind as component_kind,
        ranked.service_tier,
        ranked.region_class,
        ranked.context_tokens_from,
        ranked.week_window,
        ranked.dow,
        ranked.tod_from,
        ranked.tod_to,
        ranked.valid_from,
        ranked.valid_to,
        ranked.usd_per_unit,
        ranked.confidence
    from ranked
    inner join components on ranked.component = components.component
    where ranked.revision_rank = 1 and ranked.status != 'cancelled'

)

select * from revised
