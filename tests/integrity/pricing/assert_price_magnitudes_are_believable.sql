-- Invariant: no price is negative, out of its component's bounds or out of proportion to its model.
-- Guards llm_prices: a price that slipped by a factor of 1,000 would go straight to the invoices.

with prices as (

    select
        prices.*,
        revised.valid_to as revised_to
    from {{ ref('stg_pricing__llm_prices') }} as prices
    inner join {{ ref('int_llm_prices_revised') }} as revised
        on prices.price_row = revised.price_row
    where prices.currency = 'USD'

),

components as (

    select * from {{ ref('stg_pricing__llm_price_components') }}

),

models_with_output as (

    select distinct
        provider_id,
        model_id
    from prices
    where component = 'output'

),

bounded as (

    select
        prices.*,
        components.min_usd_per_unit,
        -- Models that only read are priced a hundred times lower than the dearest that answer.
        case
            when prices.component = 'input' and models_with_output.model_id is null
                then components.max_usd_per_unit * cast(0.05 as decimal(3, 2))
            else components.max_usd_per_unit
        end as max_usd_per_unit,
        components.min_share_of_input,
        components.max_share_of_input
    from prices
    inner join components on prices.component = components.component
    left join models_with_output
        on
            prices.provider_id = models_with_output.provider_id
            and prices.model_id = models_with_output.model_id

),

-- Each price beside the input price of the same request, and each input price beside the list's.
proportions as (

    select
        bounded.price_row,
        bounded.usd_per_unit,
        inputs.price_row as input_row,
        inputs.usd_per_unit as input_usd_per_unit,
        case bounded.component
            when 'input' then cast(0.05 as decimal(9, 4)) else bounded.min_share_of_input
        end as min_share,
        case bounded.component
            when 'input' then cast(20 as decimal(9, 4)) else bounded.max_share_of_input
        end as max_share
    from bounded
    inner join prices as inputs
        on
            bounded.provider_id = inputs.provider_id
            and bounded.model_id = inputs.model_id
            and bounded.valid_from < inputs.valid_to
            and bounded.valid_to > inputs.valid_from
            and (
                (
                    bounded.component != 'input'
                    and bounded.price_book = inputs.price_book
                    and bounded.service_tier = inputs.service_tier
                    and bounded.region_class = inputs.region_class
                    and bounded.context_tokens_from = inputs.context_tokens_from
                    and bounded.week_window = inputs.week_window
                )
                or (
                    bounded.component = 'input'
                    and inputs.price_book = 'list'
                    and inputs.service_tier = 'standard'
                    and inputs.region_class = '*'
                    and inputs.context_tokens_from = 0
                    and inputs.week_window = 'always'
                )
            )
    where
        inputs.component = 'input'
        and inputs.usd_per_unit > 0
        and bounded.usd_per_unit > 0
        and bounded.min_share_of_input is not null

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' is ' || cast(usd_per_unit as {{ dbt.type_string() }})
    || ' USD per unit, outside its component''s bounds: a slip of a unit? If it is true, '
    || 'widen llm_price_components.csv' as message
from bounded
where
    usd_per_unit < 0
    or usd_per_unit > max_usd_per_unit
    or (usd_per_unit > 0 and usd_per_unit < min_usd_per_unit)
union all
select
    price_row,
    'llm_prices.csv: ' || price_row || ' is out of proportion to ' || input_row
    || ': did one of the two slip a unit? If both hold, widen llm_price_components.csv'
        as message
from proportions
where
    usd_per_unit < input_usd_per_unit * cast(min_share as decimal(19, 4))
    or usd_per_unit > input_usd_per_unit * cast(max_share as decimal(19, 4))
union all
select
    'none' as price_row,
    'llm_prices.csv: no price was compared with an input price' as message
where not exists (select 1 from proportions)
