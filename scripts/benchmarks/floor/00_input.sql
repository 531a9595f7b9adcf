-- The raw events as every table below reads them, and the few expressions that repeat.
create macro key_part(value) as
    coalesce(replace(replace(cast(value as varchar), '~', '~~'), '|', '~.'), '~');

create macro month_of(day) as cast(date_trunc('month', day) as date);

create macro ratio(part, whole) as
    cast(cast(part as double) / nullif(cast(whole as double), 0) as decimal(28, 6));

create macro token_cost(tokens, price) as
    case
        when tokens = 0 then cast(0 as decimal(28, 15))
        else cast(cast(tokens as decimal(19, 0)) * price as decimal(28, 15))
    end;

-- One sort gives both.
create macro p50(measure) as
    cast(quantile_cont(cast(measure as double), [0.5, 0.95])[1] as decimal(28, 6));

create macro p95(measure) as
    cast(quantile_cont(cast(measure as double), [0.5, 0.95])[2] as decimal(28, 6));

create temp view events as
select
    * replace (
        coalesce(source_instance, 'default') as source_instance,
        coalesce(attempt_number, 1) as attempt_number,
        coalesce(service_tier, 'standard') as service_tier,
        coalesce(region, '*') as region,
        coalesce(credential_owner, 'platform') as credential_owner,
        coalesce(status, 'success') as status,
        coalesce(input_semantics, 'inclusive') as input_semantics,
        coalesce(response_cache_hit, false) as response_cache_hit,
        coalesce(cache_read_input_tokens, 0) as cache_read_input_tokens,
        coalesce(cache_write_5m_input_tokens, 0) as cache_write_5m_input_tokens,
        coalesce(cache_write_1h_input_tokens, 0) as cache_write_1h_input_tokens,
        coalesce(audio_input_tokens, 0) as audio_input_tokens,
        coalesce(reasoning_output_tokens, 0) as reasoning_output_tokens,
        coalesce(audio_output_tokens, 0) as audio_output_tokens,
        make_timestamp(epoch_us(started_at)) as started_at,
        make_timestamp(epoch_us(ended_at)) as ended_at,
        make_timestamp(epoch_us(source_updated_at)) as source_updated_at,
        make_timestamp(epoch_us(_loaded_at)) as _loaded_at
    )
from read_parquet(getvariable('raw_events'), hive_partitioning = false);

create temp view judged as
select
    *,
    hash(source_instance, event_id, attempt_number) as attempt_hash,
    case
        when event_id is null then 'missing_event_id'
        when coalesce(started_at, ended_at) is null then 'missing_time'
        when coalesce(started_at, ended_at) > _loaded_at + interval 5 minute then 'future_start'
        when coalesce(started_at, ended_at) < timestamp '2018-01-01' then 'ancient_start'
        when input_tokens is null or output_tokens is null then 'missing_tokens'
        when
            least(
                input_tokens, cache_read_input_tokens, cache_write_5m_input_tokens,
                cache_write_1h_input_tokens, audio_input_tokens, output_tokens,
                reasoning_output_tokens, audio_output_tokens
            ) < 0 then 'negative_tokens'
        when greatest(input_tokens, output_tokens) > 50000000 then 'absurd_tokens'
        when
            cache_read_input_tokens + cache_write_5m_input_tokens + cache_write_1h_input_tokens
            + audio_input_tokens > input_tokens then 'buckets_exceed_input'
        when reasoning_output_tokens + audio_output_tokens > output_tokens
            then 'parts_exceed_output'
    end as rejection_reason
from events;
