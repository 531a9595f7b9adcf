-- The least that exact percentiles by LLM and workspace take: a month of four columns and no other.
create temporary table percentiles as
select
    llm_id,
    workspace_id,
    percentile_cont(array[0.5, 0.95]) within group (order by latency_ms) as latency_ms,
    percentile_cont(array[0.5, 0.95]) within group (order by time_to_first_token_ms)
        as time_to_first_token_ms
from plan.latencies
group by grouping sets ((llm_id, workspace_id), (llm_id));
