with priced as (

    select * from {{ ref('int_llm_usage_priced') }}

),

costed as (

    select
        *,
        {{ component_cost('uncached_input_tokens', 'input_price') }} as uncached_input_cost,
        {{ component_cost('cache_read_input_tokens', 'cache_read_input_price') }}
            as cache_read_input_cost,
        {{ component_cost('cache_write_5m_input_tokens', 'cache_write_5m_input_price') }}
            as cache_write_5m_input_cost,
        {{ component_cost('cache_write_1h_input_tokens', 'cache_write_1h_input_price') }}
            as cache_write_1h_input_cost,
        {{ component_cost('audio_input_tokens', 'audio_input_price') }} as audio_input_cost,
        {{ component_cost('text_output_tokens', 'output_price') }} as text_output_cost,
        {{ component_cost('reasoning_output_tokens', 'reasoning_output_price') }}
            as reasoning_output_cost,
        {{ component_cost('audio_output_tokens', 'audio_output_price') }} as audio_output_cost
    from priced

),

totalled as (

    select
        *,
        {{ add_costs(['text_output_cost', 'reasoning_output_cost', 'audio_output_cost']) }}
            as output_cost,
        {{ add_costs([
            'coalesce(text_output_cost, 0)',
            'coalesce(reasoning_output_cost, 0)',
            'coalesce(audio_output_cost, 0)',
        ]) }} as priced_output_cost,
        {{ add_costs([
            'coalesce(uncached_input_cost, 0)',
            'coalesce(cache_read_input_cost, 0)',
            'coalesce(cache_write_5m_input_cost, 0)',
            'coalesce(cache_write_1h_input_cost, 0)',
            'coalesce(audio_input_cost, 0)',
        ]) }} as priced_input_cost,
        {{ unpriced_tokens({
            'uncached_input_tokens': 'uncached_input_cost',
            'cache_read_input_tokens': 'cache_read_input_cost',
            'cache_write_5m_input_tokens': 'cache_write_5m_input_cost',
            'cache_write_1h_input_tokens': 'cache_write_1h_input_cost',
            'audio_input_tokens': 'audio_input_cost',
            'text_output_tokens': 'text_output_cost',
            'reasoning_output_tokens': 'reasoning_output_cost',
            'audio_output_tokens': 'audio_output_cost',
        }) }} as unpriced_tokens
    from costed

),

added as (

    select
        *,
        {{ add_costs([
            'priced_input_cost',
            'priced_output_cost',
            'coalesce(priced_meters_cost, 0)',
        ]) }} as priced_components_cost
    from totalled

)

select * from added
