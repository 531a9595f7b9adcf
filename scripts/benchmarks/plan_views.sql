-- The application's plan: its table of usage and its two materialized views, in a schema of their
-- own. Two columns got an alias, and a cost per token its nullif, without which they do not run.
create schema plan;

create table plan.usage_logs as
select
    usage_key as id,
    conversation_id,
    user_id,
    workspace_id,
    llm_id,
    cast(input_tokens as integer) as input_tokens,
    cast(output_tokens as integer) as output_tokens,
    cast(total_tokens as integer) as total_tokens,
    cast(list_cost as double precision) as cost_usd,
    latency_ms,
    credential_owner = 'customer' as user_api_key_used,
    status,
    started_at as created_at
from marts.fct_llm_usage;

create index on plan.usage_logs (user_id, created_at);
analyze plan.usage_logs;

create materialized view plan.user_monthly_usage as
select
    user_id,
    date_trunc('month', created_at) as usage_month,
    sum(total_tokens) as total_tokens,
    sum(cost_usd) as total_cost
from plan.usage_logs
group by user_id, date_trunc('month', created_at);

create materialized view plan.llm_efficiency_stats as
select
    llm_id,
    avg(latency_ms) as avg_latency,
    avg(cost_usd / nullif(total_tokens, 0)) as avg_cost_per_token
from plan.usage_logs
group by llm_id;
