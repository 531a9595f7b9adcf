{{ config(**restated_by('usage_month', parent='llm_prices_used',
    parent_key=month_of('reporting_date'),
    parent_requests='sum(requests)', own_requests='sum(requests + previous_requests)',
    cost_centers=true, with_previous_month=true)) }}
{{ built_after(['llm_prices_used']) }}

{% set llm = ['usage_month', 'workspace_id', 'llm_id'] %}
{% set item = llm + ['service_tier', 'bucket'] %}
{% set totals = ['requests', 'unpriced_requests', 'unpriced_tokens', 'priced_components_cost'] %}

-- Summed before it is split into buckets: the daily fact is many times larger.
with monthly as (

    select
        {{ month_of('reporting_date') }} as usage_month,
        workspace_id,
        llm_id,
        service_tier,
        {{ sum_cost_buckets() }},
        {{ sum_additive(totals) }},
        max(restated_at) as restated_at
    from {{ ref('fct_llm_usage_daily') }}
    where
        {{ is_of_restated_months() }}
        or {{ is_of_restated_months(before=true) }}
    group by {{ month_of('reporting_date') }}, workspace_id, llm_id, service_tier

),

cost_centers as (

    select * from {{ ref('int_cost_centers_dated') }}

),

items as (

    {{ cost_items('monthly', llm + ['service_tier']) }}

),

-- Each month meets the month before it on the same row, also where only one of the two has usage.
compared as (

    {{ with_previous_month('items', item, totals[:3] + ['bucket_tokens', 'bucket_cost'],
        ref('fct_llm_usage_daily')) }}

),

with_volume as (

    select
        *,
        sum(bucket_tokens) over in_workspace as workspace_tokens,
        sum(previous_bucket_tokens) over in_workspace as previous_workspace_tokens
    from compared
    window in_workspace as (partition by usage_month, workspace_id)

),

-- Volume: last month's basket, all of it growing alike. Price: what this month's tokens cost more
-- than at last month's price of their own bucket. Mix: the rest, so that the three add up.
split as (

    select
        *,
        case
            when previous_workspace_tokens = 0 then bucket_cost
            else {{ share_of_cost('previous_bucket_cost',
                'workspace_tokens - previous_workspace_tokens', 'previous_workspace_tokens') }}
        end as volume_effect_cost,
        case
            when bucket_tokens = 0 or previous_bucket_tokens = 0 then {{ zero_cost() }}
            else {{ add_costs([
                'bucket_cost',
                '-' ~ share_of_cost(
                    'previous_bucket_cost', 'bucket_tokens', 'previous_bucket_tokens'),
            ]) }}
        end as price_effect_cost
    from with_volume

),

summed as (

    select
        {{ llm | join(', ') }},
        {{ sum_cost('previous_bucket_cost') }} as previous_priced_components_cost,
        {{ sum_cost('bucket_cost') }} as priced_components_cost,
        {{ sum_cost('price_effect_cost') }} as price_effect_cost,
        {{ sum_cost('volume_effect_cost') }} as volume_effect_cost,
        cast(sum(previous_bucket_tokens) as bigint) as previous_priced_tokens,
        cast(sum(bucket_tokens) as bigint) as priced_tokens,
        {{ sum_additive([
            'previous_requests', 'requests', 'previous_unpriced_requests', 'unpriced_requests',
            'previous_unpriced_tokens', 'unpriced_tokens',
        ]) }},
        max(restated_at) as restated_at
    from split
    where {{ is_restated('usage_month') }}
    group by {{ llm | join(', ') }}

),

changed as (

    select
        *,
        {{ add_cost_sums(['priced_components_cost', '-previous_priced_components_cost']) }}
            as change_in_cost
    from summed

),

final as (

    select
        {{ stable_key(prefixed('changed', llm)) }} as cost_change_drivers_key,
        {{ prefixed('changed', llm) | join(', ') }},
        {{ cost_center_columns('cost_centers') }},
        changed.previous_priced_components_cost,
        changed.priced_components_cost,
        changed.change_in_cost,
        changed.price_effect_cost,
        changed.volume_effect_cost,
        {{ add_cost_sums([
            'changed.change_in_cost',
            '-changed.price_effect_cost',
            '-changed.volume_effect_cost',
        ]) }} as mix_effect_cost,
        changed.previous_requests,
        changed.requests,
        changed.previous_priced_tokens,
        changed.priced_tokens,
        changed.previous_unpriced_requests,
        changed.unpriced_requests,
        changed.previous_unpriced_tokens,
        changed.unpriced_tokens,
        changed.previous_unpriced_requests + changed.unpriced_requests = 0 as is_complete,
        changed.restated_at
    from changed
    left join cost_centers
        on
            changed.workspace_id = cost_centers.workspace_id
            and changed.usage_month >= cost_centers.valid_from
            and changed.usage_month < cost_centers.valid_to

)

select * from final
