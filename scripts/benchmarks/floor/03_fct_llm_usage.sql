-- Names and prices meet first, so that the events are joined once.
create temp table name_prices as
with names as (
    select distinct
        lower(provider_name) as provider_name,
        lower(coalesce(response_model, request_model)) as model_name,
        service_tier,
        region
    from events
),
resolved as (
    select
        names.*,
        coalesce(n.provider_id, p.provider_id, names.provider_name, 'unattributed') as provider_id,
        coalesce(n.model_id, names.model_name, 'unattributed') as model_id,
        coalesce(n.valid_from, timestamp '-infinity') as name_from,
        coalesce(n.valid_to, timestamp 'infinity') as name_to
    from names
    left join given_names as n
        on names.provider_name = n.provider_name and names.model_name = n.model_name
    left join given_providers as p on names.provider_name = p.provider_name
)
select
    r.provider_name,
    r.model_name,
    r.service_tier,
    r.region,
    r.provider_id,
    r.model_id,
    s.* exclude (price_book, provider_id, model_id, service_tier, region_class) replace (
        coalesce(greatest(s.valid_from, r.name_from), timestamp '-infinity') as valid_from,
        coalesce(least(s.valid_to, r.name_to), timestamp 'infinity') as valid_to,
        coalesce(s.context_tokens_from, -1) as context_tokens_from,
        coalesce(s.context_tokens_to, 9223372036854775807) as context_tokens_to,
        coalesce(s.week_minute_from, 0) as week_minute_from,
        coalesce(s.week_minute_to, 10080) as week_minute_to
    )
from resolved as r
left join given_sheets as s
    on
        s.price_book = 'list' and r.provider_id = s.provider_id and r.model_id = s.model_id
        and r.service_tier = s.service_tier and r.region = s.region_class
        and s.valid_from < r.name_to and s.valid_to > r.name_from;

create table fct_llm_usage as
with matched as (
    select
        u.*,
        coalesce(u.started_at, u.ended_at) as usage_at,
        p.provider_id,
        p.model_id,
        p.price_sheet_key,
        u.input_tokens - u.cache_read_input_tokens - u.cache_write_5m_input_tokens
        - u.cache_write_1h_input_tokens - u.audio_input_tokens as uncached_input_tokens,
        u.output_tokens - u.reasoning_output_tokens - u.audio_output_tokens as text_output_tokens,
        token_cost(uncached_input_tokens, p.input_price) as uncached_input_cost,
        token_cost(u.cache_read_input_tokens, p.cache_read_input_price) as cache_read_input_cost,
        token_cost(u.cache_write_5m_input_tokens, p.cache_write_5m_input_price)
            as cache_write_5m_input_cost,
        token_cost(u.cache_write_1h_input_tokens, p.cache_write_1h_input_price)
            as cache_write_1h_input_cost,
        token_cost(u.audio_input_tokens, p.audio_input_price) as audio_input_cost,
        token_cost(text_output_tokens, p.output_price) as text_output_cost,
        token_cost(u.reasoning_output_tokens, p.reasoning_output_price) as reasoning_output_cost,
        token_cost(u.audio_output_tokens, p.audio_output_price) as audio_output_cost,
        (u.cache_read_input_tokens > 0 and p.is_cache_read_fallback)
        or (u.cache_write_5m_input_tokens > 0 and p.is_cache_write_5m_fallback)
        or (u.cache_write_1h_input_tokens > 0 and p.is_cache_write_1h_fallback)
        or (u.reasoning_output_tokens > 0 and p.is_reasoning_fallback) as uses_fallback
    from current_events as u
    left join name_prices as p
        on
            lower(u.provider_name) = p.provider_name
            and lower(coalesce(u.response_model, u.request_model)) = p.model_name
            and u.service_tier = p.service_tier
            and u.region = p.region
            and u.input_tokens >= p.context_tokens_from
            and u.input_tokens < p.context_tokens_to
            and (extract(isodow from coalesce(u.started_at, u.ended_at)) - 1) * 1440
            + extract(hour from coalesce(u.started_at, u.ended_at)) * 60
            + extract(minute from coalesce(u.started_at, u.ended_at))
            between p.week_minute_from and p.week_minute_to - 1
            and coalesce(u.started_at, u.ended_at) >= p.valid_from
            and coalesce(u.started_at, u.ended_at) < p.valid_to
),
costed as (
    select
        *,
        cast(text_output_cost + reasoning_output_cost + audio_output_cost as decimal(28, 15))
            as output_cost,
        cast(
            coalesce(uncached_input_cost, 0) + coalesce(cache_read_input_cost, 0)
            + coalesce(cache_write_5m_input_cost, 0) + coalesce(cache_write_1h_input_cost, 0)
            + coalesce(audio_input_cost, 0) + coalesce(text_output_cost, 0)
            + coalesce(reasoning_output_cost, 0) + coalesce(audio_output_cost, 0)
            as decimal(28, 15)
        ) as priced_components_cost,
        if(uncached_input_cost is null, uncached_input_tokens, 0)
        + if(cache_read_input_cost is null, cache_read_input_tokens, 0)
        + if(cache_write_5m_input_cost is null, cache_write_5m_input_tokens, 0)
        + if(cache_write_1h_input_cost is null, cache_write_1h_input_tokens, 0)
        + if(audio_input_cost is null, audio_input_tokens, 0)
        + if(text_output_cost is null, text_output_tokens, 0)
        + if(reasoning_output_cost is null, reasoning_output_tokens, 0)
        + if(audio_output_cost is null, audio_output_tokens, 0) as unpriced_tokens
    from matched
),
listed as (
    select
        *,
        case when unpriced_tokens = 0 then priced_components_cost end as list_cost,
        case
            when credential_owner = 'customer' then 'customer_owned'
            when response_cache_hit then 'response_cache_hit'
            when status = 'error' and output_tokens = 0 then 'failed_not_charged'
            else 'billable'
        end as billing_status
    from costed
)
select
    md5('events|' || source_instance || '|' || event_id || '#' || attempt_number) as usage_key,
    'events' as source_system,
    source_instance,
    event_id,
    attempt_number,
    cast(usage_at as date) as usage_date,
    cast(usage_at as date) as reporting_date,
    case when started_at is not null then 'start' else 'end' end as time_basis,
    started_at,
    ended_at,
    source_updated_at,
    provider_name,
    request_model,
    response_model,
    provider_id,
    model_id,
    replace(provider_id, '/', '~') || '/' || model_id as llm_id,
    service_tier,
    region,
    environment,
    coalesce(tenant_id, 'unattributed') as tenant_id,
    coalesce(workspace_id, 'unattributed') as workspace_id,
    coalesce(user_id, 'unattributed') as user_id,
    coalesce(agent_id, 'unattributed') as agent_id,
    conversation_id,
    message_id,
    workflow_execution_id,
    api_key_ref,
    credential_owner,
    status,
    is_stream,
    response_cache_hit,
    latency_ms,
    time_to_first_token_ms,
    input_semantics,
    uncached_input_tokens,
    cache_read_input_tokens,
    cache_write_5m_input_tokens,
    cache_write_1h_input_tokens,
    audio_input_tokens,
    output_tokens,
    reasoning_output_tokens,
    audio_output_tokens,
    input_tokens,
    input_tokens + output_tokens as total_tokens,
    uncached_input_cost,
    cache_read_input_cost,
    cache_write_5m_input_cost,
    cache_write_1h_input_cost,
    audio_input_cost,
    output_cost,
    cast(0 as decimal(28, 15)) as other_meters_cost,
    priced_components_cost,
    list_cost,
    case when billing_status = 'billable' then list_cost else cast(0 as decimal(28, 15)) end
        as billable_list_cost,
    try_cast(reported_cost as decimal(28, 15)) as reported_cost,
    reported_currency,
    reported_cost_kind,
    'list' as price_book,
    price_sheet_key,
    case
        when price_sheet_key is null then 'unpriced_model'
        when list_cost is null then 'unpriced_component'
        when list_cost = 0 and input_tokens + output_tokens > 0 then 'free'
        when uses_fallback then 'priced_by_fallback'
        else 'priced'
    end as pricing_status,
    billing_status,
    unpriced_tokens,
    other_meters,
    tags,
    duplicate_count,
    false as is_deleted_upstream,
    _loaded_at as first_loaded_at
from listed;
