-- Invariant: usd_per_unit x per = quoted_price exactly, and per is the component's own.
-- Guards llm_prices: USD per million read as USD per thousand bills a thousand times too much.

with prices as (

    select * from {{ ref('stg_pricing__llm_prices') }}

),

components as (

    select * from {{ ref('stg_pricing__llm_price_components') }}

),

compared as (

    select
        prices.price_row,
        prices.component,
        prices.quoted_price,
        prices.per,
        prices.usd_per_unit,
        components.per as component_per,
        cast(prices.per as decimal(19, 0)) * prices.usd_per_unit as implied_price
    from prices
    left join components on prices.component = components.component

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' says usd_per_unit x per = '
    || cast(implied_price as {{ dbt.type_string() }}) || ', but quoted_price is '
    || cast(quoted_price as {{ dbt.type_string() }}) || '; usd_per_unit is quoted_price / per'
        as message
from compared
where implied_price != quoted_price or implied_price is null or quoted_price is null
union all
select
    price_row,
    'llm_prices.csv: ' || price_row || ' is quoted per ' || cast(per as {{ dbt.type_string() }})
    || ', ' || component || ' is quoted per '
    || coalesce(cast(component_per as {{ dbt.type_string() }}), 'nothing: no such component')
        as message
from compared
where component_per is null or per != component_per
union all
select
    'none' as price_row,
    'llm_prices.csv: no price row was compared' as message
where not exists (select 1 from compared)
