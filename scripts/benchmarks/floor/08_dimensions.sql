create temp table as_of as
select cast(max(usage_date) + interval 1 day as timestamp) as instant from fct_llm_usage_daily;

create table dim_llms as
with seen as (
    select llm_id, min(provider_id) as provider_id, min(model_id) as model_id,
        min(reporting_date) as first_usage_date, max(reporting_date) as last_usage_date
    from fct_llm_usage
    group by llm_id
),
members as (
    select llm_id, provider_id, model_id from given_models
    union
    select llm_id, provider_id, model_id from seen
    union
    select 'unattributed/unattributed', 'unattributed', 'unattributed'
),
prices as (
    from given_sheets
    where
        price_book = 'list' and service_tier = 'standard' and region_class = '*'
        and context_tokens_from = 0 and week_minute_from = 0
        and valid_from < (select instant from as_of)
        and valid_to >= (select instant from as_of)
)
select
    m.llm_id,
    m.provider_id,
    m.model_id,
    coalesce(k.model_name, m.model_id) as model_name,
    k.context_window_tokens,
    p.input_price as current_input_price,
    p.cache_read_input_price as current_cache_read_input_price,
    p.cache_write_5m_input_price as current_cache_write_5m_input_price,
    p.output_price as current_output_price,
    p.audio_input_price is not null as has_audio_input_price,
    p.price_sheet_key is not null as has_current_list_price,
    s.first_usage_date,
    s.last_usage_date,
    k.model_id is null as is_inferred
from members as m
left join given_models as k using (llm_id)
left join prices as p on m.provider_id = p.provider_id and m.model_id = p.model_id
left join seen as s using (llm_id);

create table dim_dates as
with days as (
    select cast(unnest(generate_series(
        cast(month_of(min(reporting_date)) as timestamp),
        cast(max(reporting_date) as timestamp),
        interval 1 day
    )) as date) as date_day
    from fct_llm_usage_daily
)
select
    date_day,
    month_of(date_day) as month_start_date,
    month_of(date_day) = date_day as is_month_start,
    cast(extract(isodow from date_day) as integer) as iso_weekday,
    extract(isodow from date_day) >= 6 as is_weekend,
    cast(extract(year from date_day) as integer) as calendar_year,
    cast(extract(quarter from date_day) as integer) as calendar_quarter,
    cast(extract(month from date_day) as integer) as calendar_month
from days;

-- With events alone nothing else is known of users, workspaces, tenants and agents.
create temp table seen as
select
    case
        when grouping(tenant_id) = 0 then 'tenant'
        when grouping(workspace_id) = 0 then 'workspace'
        when grouping(user_id) = 0 then 'user'
        else 'agent'
    end as kind,
    coalesce(tenant_id, workspace_id, user_id, agent_id) as member,
    min(reporting_date) as first_usage_date,
    max(reporting_date) as last_usage_date
from fct_llm_usage_daily
group by grouping sets ((tenant_id), (workspace_id), (user_id), (agent_id));

insert into seen
select kind, 'unattributed', null, null
from (values ('tenant'), ('workspace'), ('user'), ('agent')) as kinds (kind)
where kind not in (select kind from seen where member = 'unattributed');

create table dim_agents as
select
    member as agent_id,
    cast(null as varchar) as agent_name,
    cast(null as varchar) as environment,
    'unattributed' as tenant_id,
    'unattributed' as workspace_id,
    'unattributed' as owner_user_id,
    cast(null as varchar) as status,
    cast(null as boolean) as is_active,
    cast(null as timestamp) as created_at,
    first_usage_date,
    last_usage_date,
    member = 'unattributed' as is_unattributed,
    true as is_inferred,
    false as is_deleted_upstream
from seen
where kind = 'agent';

create table dim_users as
select
    member as user_id,
    cast(null as varchar) as user_label,
    'unattributed' as tenant_id,
    cast(null as varchar) as status,
    cast(null as boolean) as is_active,
    cast(null as timestamp) as created_at,
    first_usage_date,
    last_usage_date,
    member = 'unattributed' as is_unattributed,
    true as is_inferred,
    false as is_deleted_upstream
from seen
where kind = 'user';

create table dim_workspaces as
select
    member as workspace_id,
    cast(null as varchar) as workspace_name,
    'unknown' as workspace_type,
    'unattributed' as tenant_id,
    'unattributed' as owner_user_id,
    cast(null as varchar) as plan_id,
    cast(null as varchar) as plan_name,
    cast(null as varchar) as status,
    cast(null as timestamp) as created_at,
    first_usage_date,
    last_usage_date,
    member = 'unattributed' as is_unattributed,
    true as is_inferred,
    false as is_deleted_upstream
from seen
where kind = 'workspace';

create table dim_tenants as
select
    member as tenant_id,
    cast(null as varchar) as tenant_name,
    cast(null as varchar) as timezone,
    cast(null as varchar) as plan_id,
    cast(null as varchar) as plan_name,
    cast(null as varchar) as status,
    cast(null as timestamp) as created_at,
    first_usage_date,
    last_usage_date,
    member = 'unattributed' as is_unattributed,
    true as is_inferred,
    false as is_deleted_upstream
from seen
where kind = 'tenant';

create table dim_workspace_members (
    workspace_member_key varchar, workspace_id varchar, user_id varchar, role varchar,
    valid_from timestamp, valid_to timestamp, is_current boolean, is_deleted_upstream boolean
);
