-- Invariant: while a model's output has a price, its input has one, without a gap.
-- Guards int_llm_price_sheets: half a price sheet leaves every request partly unpriced.

with prices as (

    select * from {{ ref('int_llm_prices_revised') }}

),

outputs as (

    select * from prices
    where component = 'output'

),

beside as (

    select
        outputs.price_row,
        outputs.valid_to,
        inputs.valid_from as input_from,
        inputs.valid_to as input_to
    from outputs
    inner join prices as inputs
        on
            outputs.price_book = inputs.price_book
            and outputs.provider_id = inputs.provider_id
            and outputs.model_id = inputs.model_id
            and outputs.service_tier = inputs.service_tier
            and inputs.region_class in (outputs.region_class, '*')
            and outputs.context_tokens_from >= inputs.context_tokens_from
            and inputs.week_window in (outputs.week_window, 'always')
            and outputs.valid_from < inputs.valid_to
            and outputs.valid_to > inputs.valid_from
    where inputs.component = 'input'

),

-- A gap can only open where the output starts or where an input ends.
instants as (

    select
        price_row,
        valid_from as instant
    from outputs
    union
    select
        price_row,
        input_to as instant
    from beside
    where input_to < valid_to

),

gaps as (

    select
        instants.price_row,
        instants.instant
    from instants
    left join beside
        on
            instants.price_row = beside.price_row
            and instants.instant >= beside.input_from
            and instants.instant < beside.input_to
    where beside.price_row is null

)

select
    price_row,
    'llm_prices.csv: ' || price_row || ' has no input price from '
    || cast(instant as {{ dbt.type_string() }})
    || '; add the row for input, or close the output on that day' as message
from gaps
union all
select
    'none' as price_row,
    'llm_prices.csv: no output price was compared' as message
where not exists (select 1 from outputs)
