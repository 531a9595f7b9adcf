{% set columns = [
    'price_row', 'price_key', 'price_book', 'provider_id', 'model_id', 'component',
    'service_tier', 'region_class', 'context_tokens_from', 'week_window', 'dow', 'tod_from',
    'tod_to', 'valid_from', 'valid_to', 'usd_per_unit', 'quoted_price', 'per', 'currency', 'status',
    'source', 'source_ref', 'checked_on', 'revision', 'recorded_on', 'confidence',
] %}

with unioned as (

    select {{ columns | join(', ') }}
    from {{ ref('stg_pricing__llm_prices') }}
    union all
    select {{ columns | join(', ') }}
    from {{ ref('int_app_prices') }}

)

select * from unioned
