with catalogue as (

    select * from {{ ref('int_llm_models_listed') }}

),

sheets as (

    select * from {{ ref('int_llm_price_sheets') }}

),

-- What priced each date names every model that was used, in far fewer rows than the usage.
usage as (

    select
        {{ llm_id('provider_id', 'model_id') }} as llm_id,
        min(provider_id) as provider_id,
        min(model_id) as model_id,
        min(reporting_date) as first_usage_date,
        max(reporting_date) as last_usage_date
    from {{ ref('llm_prices_used') }}
    group by {{ llm_id('provider_id', 'model_id') }}

),

members as (

    select
        llm_id,
        provider_id,
        model_id
    from catalogue
    union
    select
        llm_id,
        provider_id,
        model_id
    from usage
    union
    select
        'unattributed/unattributed' as llm_id,
        'unattributed' as provider_id,
        'unattributed' as model_id

),

-- What a short request at the standard tier costs now, at the first minute of the week.
current_prices as (

    select *
    from sheets
    where
        price_book = 'list'
        and service_tier = 'standard'
        and region_class = '*'
        and context_tokens_from = 0
        and week_minute_from = 0
        and valid_from < {{ as_of() }}
        and valid_to >= {{ as_of() }}

),

final as (

    select
        members.llm_id,
        members.provider_id,
        members.model_id,
        coalesce(catalogue.model_name, members.model_id) as model_name,
        catalogue.context_window_tokens,
        current_prices.input_price as current_input_price,
        current_prices.cache_read_input_price as current_cache_read_input_price,
        current_prices.cache_write_5m_input_price as current_cache_write_5m_input_price,
        current_prices.output_price as current_output_price,
        current_prices.audio_input_price is not null as has_audio_input_price,
        current_prices.price_sheet_key is not null as has_current_list_price,
        usage.first_usage_date,
        usage.last_usage_date,
        catalogue.model_id is null as is_inferred
    from members
    left join catalogue
        on members.llm_id = catalogue.llm_id
    left join current_prices
        on
            members.provider_id = current_prices.provider_id
            and members.model_id = current_prices.model_id
    left join usage
        on members.llm_id = usage.llm_id

)

select * from final
