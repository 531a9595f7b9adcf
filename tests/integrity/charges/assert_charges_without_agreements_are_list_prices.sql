-- Invariant: usage without a contract is bought at list price, without a resale book sold at it.
-- Guards fct_llm_charges_daily: what nobody agreed on must not change what anybody pays.

select
    llm_charges_daily_key,
    'contracted' as side
from {{ ref('fct_llm_charges_daily') }}
where
    {{ is_tested('usage_date', mart='fct_llm_charges_daily') }} and contract_book is null
    and contracted_unit_price is distinct from list_unit_price
union all
select
    llm_charges_daily_key,
    'billable' as side
from {{ ref('fct_llm_charges_daily') }}
where
    {{ is_tested('usage_date', mart='fct_llm_charges_daily') }} and resale_book is null
    and billable_unit_price is distinct from list_unit_price
