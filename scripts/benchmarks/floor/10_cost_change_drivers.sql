-- One aggregation of the daily table; a bucket's month and the month after it meet on that.
create macro share_of_cost(cost, part, whole) as
    cast(
        cast(
            cast(cast(cost as decimal(28, 15)) * cast(1000000000000000 as decimal(19, 0)) as hugeint)
            * (part) // nullif(cast(whole as hugeint), 0) as decimal(28, 0)
        ) * cast('0.000000000000001' as decimal(16, 15)) as decimal(28, 15)
    );

create table cost_change_drivers as
with monthly as (
    select
        month_of(reporting_date) as usage_month,
        workspace_id,
        llm_id,
        service_tier,
        sum(if(uncached_input_cost is null, 0, uncached_input_tokens)) as tokens_1,
        sum(if(cache_read_input_cost is null, 0, cache_read_input_tokens)) as tokens_2,
        sum(if(cache_write_5m_input_cost is null, 0, cache_write_5m_input_tokens)) as tokens_3,
        sum(if(cache_write_1h_input_cost is null, 0, cache_write_1h_input_tokens)) as tokens_4,
        sum(if(audio_input_cost is null, 0, audio_input_tokens)) as tokens_5,
        sum(if(output_cost is null, 0, output_tokens)) as tokens_6,
        coalesce(sum(uncached_input_cost), 0) as cost_1,
        coalesce(sum(cache_read_input_cost), 0) as cost_2,
        coalesce(sum(cache_write_5m_input_cost), 0) as cost_3,
        coalesce(sum(cache_write_1h_input_cost), 0) as cost_4,
        coalesce(sum(audio_input_cost), 0) as cost_5,
        coalesce(sum(output_cost), 0) as cost_6,
        sum(priced_components_cost) as all_cost,
        sum(requests) as requests,
        sum(unpriced_requests) as unpriced_requests,
        sum(unpriced_tokens) as unpriced_tokens
    from fct_llm_usage_daily
    group by all
),
items as (
    select
        usage_month, workspace_id, llm_id, service_tier,
        unnest([1, 2, 3, 4, 5, 6, 7]) as bucket,
        cast(unnest([tokens_1, tokens_2, tokens_3, tokens_4, tokens_5, tokens_6, 0]) as bigint)
            as tokens,
        cast(unnest([
            cost_1, cost_2, cost_3, cost_4, cost_5, cost_6,
            all_cost - cost_1 - cost_2 - cost_3 - cost_4 - cost_5 - cost_6
        ]) as decimal(28, 15)) as cost,
        cast(unnest([requests, 0, 0, 0, 0, 0, 0]) as bigint) as requests,
        cast(unnest([unpriced_requests, 0, 0, 0, 0, 0, 0]) as bigint) as unpriced_requests,
        cast(unnest([unpriced_tokens, 0, 0, 0, 0, 0, 0]) as bigint) as unpriced_tokens
    from monthly
),
compared as (
    select
        coalesce(i.usage_month, cast(b.usage_month + interval 1 month as date)) as usage_month,
        coalesce(i.workspace_id, b.workspace_id) as workspace_id,
        coalesce(i.llm_id, b.llm_id) as llm_id,
        coalesce(i.tokens, 0) as tokens,
        coalesce(b.tokens, 0) as tokens_before,
        coalesce(i.cost, 0) as cost,
        coalesce(b.cost, 0) as cost_before,
        coalesce(i.requests, 0) as requests,
        coalesce(b.requests, 0) as requests_before,
        coalesce(i.unpriced_requests, 0) as unpriced_requests,
        coalesce(b.unpriced_requests, 0) as unpriced_requests_before,
        coalesce(i.unpriced_tokens, 0) as unpriced_tokens,
        coalesce(b.unpriced_tokens, 0) as unpriced_tokens_before,
        sum(coalesce(i.tokens, 0)) over in_workspace as all_tokens,
        sum(coalesce(b.tokens, 0)) over in_workspace as all_tokens_before
    from items as i
    full join items as b
        on
            i.usage_month = cast(b.usage_month + interval 1 month as date)
            and i.workspace_id = b.workspace_id and i.llm_id = b.llm_id
            and i.service_tier = b.service_tier and i.bucket = b.bucket
    window in_workspace as (
        partition by
            coalesce(i.usage_month, cast(b.usage_month + interval 1 month as date)),
            coalesce(i.workspace_id, b.workspace_id)
    )
),
summed as (
    select
        usage_month,
        workspace_id,
        llm_id,
        sum(cost_before) as previous_priced_components_cost,
        sum(cost) as priced_components_cost,
        sum(cost) - sum(cost_before) as change_in_cost,
        sum(
            if(
                tokens = 0 or tokens_before = 0, cast(0 as decimal(28, 15)),
                cast(cost - share_of_cost(cost_before, tokens, tokens_before) as decimal(28, 15))
            )
        ) as price_effect_cost,
        sum(
            if(
                all_tokens_before = 0, cost,
                share_of_cost(cost_before, all_tokens - all_tokens_before, all_tokens_before)
            )
        ) as volume_effect_cost,
        cast(sum(tokens_before) as bigint) as previous_priced_tokens,
        cast(sum(tokens) as bigint) as priced_tokens,
        cast(sum(requests_before) as bigint) as previous_requests,
        cast(sum(requests) as bigint) as requests,
        cast(sum(unpriced_requests_before) as bigint) as previous_unpriced_requests,
        cast(sum(unpriced_requests) as bigint) as unpriced_requests,
        cast(sum(unpriced_tokens_before) as bigint) as previous_unpriced_tokens,
        cast(sum(unpriced_tokens) as bigint) as unpriced_tokens
    from compared
    where usage_month between
        (select cast(min(usage_month) + interval 1 month as date) from monthly)
        and (select max(usage_month) from monthly)
    group by usage_month, workspace_id, llm_id
)
select
    md5(concat_ws('|', s.usage_month, key_part(s.workspace_id), key_part(s.llm_id)))
        as cost_change_drivers_key,
    s.*,
    s.change_in_cost - s.price_effect_cost - s.volume_effect_cost as mix_effect_cost,
    coalesce(c.cost_center, 'unassigned') as cost_center,
    coalesce(c.workspace_environment, 'unassigned') as workspace_environment,
    s.previous_unpriced_requests + s.unpriced_requests = 0 as is_complete
from summed as s
left join given_cost_centers as c
    on
        s.workspace_id = c.workspace_id
        and s.usage_month >= c.valid_from and s.usage_month < c.valid_to;
