{#- Which rows of a model this run computes again: docs/decisions/0007. -#}

{#- Whether this run leaves rows of the current model as an earlier run wrote them. dbt's is_incremental()
    is false for a materialization of another name. -#}
{% macro keeps_earlier_rows() %}
    {%- if not execute or model.resource_type == "unit_test" or should_full_refresh() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set meta = model.config.meta or {} -%}
    {%- set existing = load_cached_relation(this) if meta.restated_by or meta.state else none -%}
    {{ return(existing is not none and existing.type == "table") }}
{% endmacro %}

{#- Condition on the rows of a usage model: their date is computed again in this run. -#}
{% macro is_of_restated_dates(batch_id="_batch_id") -%}
    {%- if not keeps_earlier_rows() -%}
    true
    {%- else -%}
    {%- set dates = ref("int_usage_dates_restated") -%}
    {%- set batches = run_query(
        "select distinct batch_id from " ~ ref("int_usage_batches_received")
        ~ " where usage_date in (select usage_date from " ~ dates ~ ") order by 1"
    ).columns[0].values() | list -%}
    {{ is_one_of_dates("usage_date", _dates_restated()) }}
    and {{ is_one_of(batch_id, batches) }}
    {%- endif -%}
{%- endmacro %}

{% macro _dates_restated() %}
    {{ return(run_query(
        "select usage_date from " ~ ref("int_usage_dates_restated") ~ " order by 1"
    ).columns[0].values() | list) }}
{% endmacro %}

{#- Condition on the rows of the parent that `restated_by` names: their date or month is computed
    again in this run. -#}
{% macro is_restated(expression) -%}
    {{ is_one_of_dates(expression, _restated_keys() if keeps_earlier_rows() else none) }}
{%- endmacro %}

{#- The same where the model is computed by months of `reporting_date`: the rows of those months, or of
    the months before them. A usage date is at most a day away, and what tables are sorted by. -#}
{% macro is_of_restated_months(before=false) -%}
    {%- set months = _restated_keys() if keeps_earlier_rows() else none -%}
    {%- if leaves_months_to_hook(months) -%}
    {{ of_no_month() }}
    {%- elif months is none -%}
    true
    {%- elif months | length == 0 -%}
    false
    {%- else -%}
    (
        {%- for month in months -%}
        {{ is_of_month(month, before) }}{% if not loop.last %} or {% endif %}
        {%- endfor -%}
    )
    {%- endif -%}
{%- endmacro %}

{% macro is_of_month(month, before=false) -%}
    {%- set day = modules.datetime.timedelta(days=1) -%}
    {%- set first = modules.datetime.date.fromisoformat((month | string)[:10]) -%}
    {%- if before -%}{%- set first = (first - day).replace(day=1) -%}{%- endif -%}
    {%- set next = (first + 31 * day).replace(day=1) -%}
    (
        reporting_date >= cast('{{ first }}' as date) and reporting_date < cast('{{ next }}' as date)
        and usage_date >= cast('{{ first - day }}' as date)
        and usage_date < cast('{{ next + day }}' as date)
    )
{%- endmacro %}

{#- Dates or months whose stamp or number of requests differs between the model and its parent, and
    those whose cost centre is another one now. Never a list that another model made in this run: a
    run that was killed is caught up by the next. What is deleted is what was computed: neither side
    changes in between. -#}
{% macro _restated_keys() %}
    {%- set rule = config.get("meta")["restated_by"] -%}
    {%- set stale -%}
        select coalesce(parent.restated_key, own.restated_key) as restated_key
        from ({{ parent_stamps(rule) }}) as parent
        full outer join ({{ _stamps(this, rule.key, "true", rule.own_requests) }}) as own
            on parent.restated_key = own.restated_key
        where
            parent.restated_at is distinct from own.restated_at
            or parent.requests is distinct from own.requests
        {%- if rule.cost_centers %}
        union
        select own.{{ rule.key }}
        from {{ this }} as own
        left join {{ ref("int_cost_centers_dated") }} as cost_centers
            on
                own.workspace_id = cost_centers.workspace_id
                and own.{{ rule.key }} >= cost_centers.valid_from
                and own.{{ rule.key }} < cost_centers.valid_to
        where
            own.cost_center <> coalesce(cost_centers.cost_center, 'unassigned')
            or own.workspace_environment
                <> coalesce(cost_centers.workspace_environment, 'unassigned')
        {%- endif %}
        {%- if rule.charge_terms %}
        union
        {{ dates_on_other_terms() }}
        {%- endif %}
        order by 1
    {%- endset -%}
    {{ return(run_query(stale).columns[0].values() | list) }}
{% endmacro %}

{#- When each date or month of the parent was computed, and how many requests it holds; a month that
    is compared with the one before is as new as the newer of the two. -#}
{% macro parent_stamps(rule) -%}
    {%- if rule.with_previous_month -%}
    {%- set next_month = "cast(" ~ dbt.dateadd("month", 1, "restated_key") ~ " as date)" -%}
    with months as (
        {{ _stamps(ref(rule.parent), rule.parent_key, rule.parent_rows, rule.parent_requests) }}
    )

    select
        restated_key,
        max(restated_at) as restated_at,
        sum(requests) as requests
    from (
        select restated_key, restated_at, requests from months
        union all
        select {{ next_month }} as restated_key, restated_at, requests from months
    ) as both_months
    where
        restated_key > (select min(restated_key) from months)
        and restated_key <= (select max(restated_key) from months)
    group by restated_key
    {%- else -%}
    {{ _stamps(ref(rule.parent), rule.parent_key, rule.parent_rows, rule.parent_requests) }}
    {%- endif -%}
{%- endmacro %}

{#- A date that is computed whole has one stamp and needs no count. -#}
{% macro _stamps(relation, key, rows, requests) -%}
    {%- if requests is none -%}
    {{ stamps_of_dates(relation) }}
    {%- else -%}
    select
        {{ key }} as restated_key,
        max(restated_at) as restated_at,
        {{ requests }} as requests
    from {{ relation }}
    where {{ rows }}
    group by 1
    {%- endif -%}
{%- endmacro %}
