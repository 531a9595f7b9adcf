{% set buckets_in_input = [
    'cache_read_input_tokens',
    'cache_write_5m_input_tokens',
    'cache_write_1h_input_tokens',
    'audio_input_tokens',
] %}
{% set counts = buckets_in_input + [
    'reported_input_tokens',
    'output_tokens',
    'reasoning_output_tokens',
    'audio_output_tokens',
] %}

with received as (

    select
        *,
        coalesce(started_at, ended_at) as usage_at,
        case when started_at is not null then 'start' else 'end' end as time_basis,
        case
            when reported_input_tokens is null or output_tokens is null then 'missing_tokens'
            when least({{ counts | join(', ') }}) < 0 then 'negative_tokens'
            when greatest({{ counts | join(', ') }}) > {{ var('max_tokens_per_request') }}
                then 'absurd_tokens'
            when input_semantics = 'unknown' then 'unknown_input_semantics'
        end as count_defect
    from {{ ref('int_llm_usage_unioned') }}

),

-- Counts that cannot be used are not added: their sum may overflow.
disjoint as (

    select
        *,
        {{ attempt_hash() }} as attempt_hash,
        cast(usage_at as date) as usage_date,
        {{ reporting_date('usage_at') }} as reporting_date,
        case
            when count_defect is not null then null
            when input_semantics = 'exclusive' then reported_input_tokens
            else reported_input_tokens - ({{ buckets_in_input | join(' + ') }})
        end as uncached_input_tokens,
        case
            when count_defect is not null then null
            when input_semantics = 'exclusive'
                then reported_input_tokens + {{ buckets_in_input | join(' + ') }}
            else reported_input_tokens
        end as input_tokens
    from received

),

judged as (

    select
        *,
        case
            when event_id is null then 'missing_event_id'
            when usage_at is null then 'missing_time'
            when usage_at > {{ dbt.dateadd('minute', 5, '_loaded_at') }} then 'future_start'
            when usage_at < cast('{{ var('earliest_usage_date') }}' as timestamp)
                then 'ancient_start'
            when count_defect is not null then count_defect
            when input_tokens > {{ var('max_tokens_per_request') }} then 'absurd_tokens'
            when uncached_input_tokens < 0 then 'buckets_exceed_input'
            when reasoning_output_tokens + audio_output_tokens > output_tokens
                then 'parts_exceed_output'
        end as rejection_reason
    from disjoint

),

versions as (

    select {{ usage_history_columns() | join(',\n        ') }}
    from judged

)

select * from versions
