with usage as (

    select * from {{ ref('int_llm_usage_resolved') }}
    where other_meters is not null

),

entries as (

    {{ json_entries(
        'usage',
        'usage.other_meters',
        prefixed('usage', [
            'usage_key',
            'usage_at',
            'usage_date',
            '_batch_id',
            'price_book',
            'provider_id',
            'model_id',
            'service_tier',
            'region',
        ])
    ) }}

),

counted as (

    select
        *,
        {{ other_meter('entry_name') }} as meter,
        {{ try_decimal('entry_value', type_quantity()) }} as reported_quantity
    from entries

),

-- A quantity that is no believable whole number stays NULL, and so does its cost.
whole as (

    select
        *,
        case
            when
                reported_quantity between 0 and {{ var('max_tokens_per_request') }}
                and reported_quantity = floor(reported_quantity)
                then cast(reported_quantity as bigint)
        end as whole_quantity
    from counted

),

metered as (

    select
        usage_key,
        meter,
        usage_at,
        usage_date,
        _batch_id,
        price_book,
        provider_id,
        model_id,
        service_tier,
        region,
        case when count(*) = count(whole_quantity) then cast(sum(whole_quantity) as bigint) end
            as quantity
    from whole
    group by
        usage_key,
        meter,
        usage_at,
        usage_date,
        _batch_id,
        price_book,
        provider_id,
        model_id,
        service_tier,
        region

)

select * from metered
