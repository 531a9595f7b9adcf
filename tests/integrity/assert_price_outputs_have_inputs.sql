-- Invariant: where a model's output has a price, its input has one at the same time.
-- Guards int_llm_price_sheets: half a price sheet leaves every request partly unpriced.

with prices as (

    select * from {{ ref('int_llm_prices_revised') }}

),

outputs as (

    select
        outputs.price_row,
        outputs.valid_from,
        inputs.price_row as input_row
    from prices as outputs
    left join prices as inputs
        on
            outputs.price_book = inputs.price_book
            and outputs.provider_id = inputs.provider_id
            and outputs.model_id = inputs.model_id
            and outputs.service_tier = inputs.service_tier
            and inputs.component = 'input'
            and outputs.valid_from >= inputs.valid_from
            and outputs.valid_from < inputs.valid_to
    where outputs.component = 'output'

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' has no input price when it starts; add the row for input'
        as message
from outputs
where input_row is null
union all
select
    'none' as price_row,
    'llm_prices.csv: no output price was compared' as message
where not exists (select 1 from outputs)
