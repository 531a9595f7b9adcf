{#- What a run computes again, and what it leaves as it stands: docs/decisions/0007. -#}

{#- A model as an earlier run left it, none where there is nothing yet. No `ref`: what decides about
    a model would otherwise depend on it. -#}
{% macro as_built(model_name) %}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- set node = graph.nodes.get(["model", project_name, model_name] | join(".")) -%}
    {%- if node is none -%}{{ return(none) }}{%- endif -%}
    {{ return(adapter.get_relation(
        database=node.database, schema=node.schema, identifier=node.alias
    )) }}
{% endmacro %}

{#- Everything that changes what usage becomes and is not usage or a price: where it differs from
    the last run's, all dates are computed again. -#}
{% macro restatement_rules() %}
    {%- set settings = [] -%}
    {%- for name in [
        "logic_version", "sources", "reporting_timezone", "list_book_by_source_instance",
        "earliest_usage_date", "max_tokens_per_request", "synapscale_tables",
    ] -%}
        {%- do settings.append(name ~ "=" ~ tojson(var(name), sort_keys=true)) -%}
    {%- endfor -%}
    {{ return(local_md5(settings | join("|"))) }}
{% endmacro %}

{#- Why this run computes everything again, none where it does not. -#}
{% macro reason_to_restate_all() %}
    {%- if flags.FULL_REFRESH -%}{{ return("full_refresh") }}{%- endif -%}
    {%- for name in ["usage_load_ledger", "fct_llm_usage", "int_llm_usage_judged"] -%}
        {%- if as_built(name) is none -%}{{ return("first_build") }}{%- endif -%}
    {%- endfor -%}
    {%- set ledger = as_built("usage_load_ledger") -%}
    {%- if run_query(
        "select 1 from " ~ ledger ~ " where restatement_rules <> '" ~ restatement_rules()
        ~ "' limit 1"
    ).rows -%}
        {{ return("changed_rules") }}
    {%- endif -%}
    {%- if run_query(
        "select 1 from (" ~ _known_batches(ledger) ~ ") as known left join ("
        ~ _found_batches() ~ ") as found on known.source_system = found.source_system and "
        ~ "known.batch_id = found.batch_id and known.row_count = found.row_count "
        ~ "where found.batch_id is null limit 1"
    ).rows -%}
        {{ return("removed_batch") }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{#- Rows of each batch that the ledger knows, and that the raw area holds. -#}
{% macro _known_batches(ledger) -%}
    select source_system, batch_id, sum(row_count) as row_count
    from {{ ledger }}
    group by source_system, batch_id
{%- endmacro %}

{% macro _found_batches() -%}
    select source_system, _batch_id as batch_id, count(*) as row_count
    from {{ ref("int_llm_usage_unioned") }}
    group by source_system, _batch_id
{%- endmacro %}

{#- Ids of the batches that the warehouse has not taken in yet; none means all there are. -#}
{% macro batches_to_take_in() %}
    {%- if not execute or reason_to_restate_all() is not none -%}{{ return(none) }}{%- endif -%}
    {%- set found = run_query(
        "select distinct found.batch_id from (" ~ _found_batches() ~ ") as found left join ("
        ~ _known_batches(as_built("usage_load_ledger")) ~ ") as known "
        ~ "on found.source_system = known.source_system and found.batch_id = known.batch_id "
        ~ "where known.batch_id is null order by 1"
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{% endmacro %}

{#- The batches that this run takes in, as `int_usage_batches_received` found them; none means all,
    and so does a unit test. -#}
{% macro batches_received() %}
    {%- set batches = ref("int_usage_batches_received") -%}
    {%- if not execute or batches.is_cte -%}{{ return(none) }}{%- endif -%}
    {%- if run_query(
        "select 1 from " ~ batches ~ " where not is_new limit 1"
    ).rows | length == 0 -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query(
        "select distinct batch_id from " ~ batches ~ " where is_new order by 1"
    ) -%}
    {{ return(found.columns[0].values() | list) }}
{% endmacro %}

{#- Condition on received versions: the attempt may have another version than those received now.
    The batches to look into are those that hold a version which the last run left. -#}
{% macro may_be_contested() -%}
    {%- set keys = ref("int_usage_keys_received") -%}
    {%- set new_batches = batches_received() -%}
    {%- if new_batches is none or not _keeps_rows("int_llm_usage_judged") -%}
    true
    {%- else -%}
    {%- set earlier = run_query(
        "select batch_id from " ~ as_built("fct_llm_usage")
        ~ " where usage_key in (select usage_key from " ~ keys ~ ") union select _batch_id from "
        ~ as_built("int_llm_usage_judged") ~ " where usage_key in (select usage_key from " ~ keys
        ~ ")"
    ).columns[0].values() | list -%}
    {{ is_one_of("_batch_id", (new_batches + earlier) | unique | sort) }}
    and attempt_hash in (select received.attempt_hash from {{ keys }} as received)
    {%- endif -%}
{%- endmacro %}

{#- Whether a model keeps what an earlier run wrote, on the engine at hand. -#}
{% macro _keeps_rows(model_name) %}
    {%- set node = graph.nodes[["model", project_name, model_name] | join(".")] -%}
    {{ return(node.config.materialized == "incremental") }}
{% endmacro %}

{#- Condition: the column is one of a list of texts; always true for none. Literals, because a
    subquery prunes no file and no partition. -#}
{% macro is_one_of(column, texts) -%}
    {%- if texts is none -%}
    true
    {%- elif texts | length == 0 -%}
    false
    {%- else -%}
    {{ column }} in (
        {%- for text in texts -%}
        '{{ dbt.escape_single_quotes(text) }}'{% if not loop.last %}, {% endif %}
        {%- endfor -%}
    )
    {%- endif -%}
{%- endmacro %}

{#- The same for dates. -#}
{% macro is_one_of_dates(expression, dates) -%}
    {%- if dates is none -%}
    true
    {%- elif dates | length == 0 -%}
    false
    {%- else -%}
    {{ expression }} in (
        {%- for date in dates -%}
        cast('{{ date }}' as date){% if not loop.last %}, {% endif %}
        {%- endfor -%}
    )
    {%- endif -%}
{%- endmacro %}

{#- Condition on the rows of a usage model: their date is computed again in this run. -#}
{% macro is_of_restated_dates(batch_id="_batch_id") -%}
    {%- if not execute or not is_incremental() -%}
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
    {{ is_one_of_dates(expression, _restated_keys() if execute and is_incremental() else none) }}
{%- endmacro %}

{#- Dates or months whose stamp or number of requests differs between the model and its parent, and
    those whose cost centre is another one now. Never a list that another model made in this run: a
    run that was killed is caught up by the next. -#}
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
        order by 1
    {%- endset -%}
    {{ return(run_query(stale).columns[0].values() | list) }}
{% endmacro %}

{#- When each date or month of the parent was computed, and how many requests it holds; a month that
    is compared with the one before is as new as the newer of the two. -#}
{% macro parent_stamps(rule) -%}
    {%- if rule.with_previous_month -%}
    {%- set month = "usage_months.usage_month" -%}
    {%- set next_month = "cast(" ~ dbt.dateadd("month", 1, month) ~ " as date)" -%}
    {%- set months -%}
        select {{ rule.parent_key }} as usage_month, restated_at, requests from {{ ref(rule.parent) }}
    {%- endset -%}
    {{ _stamps(
        "(select usage_month, restated_at, requests from (" ~ months ~ ") as usage_months union all "
        ~ "select " ~ next_month ~ ", restated_at, 0 from (" ~ months ~ ") as usage_months)"
        ~ " as both_months",
        "usage_month",
        "usage_month > (select min(" ~ rule.parent_key ~ ") from " ~ ref(rule.parent) ~ ")"
        ~ " and usage_month <= (select max(" ~ rule.parent_key ~ ") from " ~ ref(rule.parent) ~ ")",
        "sum(requests)"
    ) }}
    {%- else -%}
    {{ _stamps(ref(rule.parent), rule.parent_key, rule.parent_rows, rule.parent_requests) }}
    {%- endif -%}
{%- endmacro %}

{% macro _stamps(relation, key, rows, requests) -%}
    select
        {{ key }} as restated_key,
        max(restated_at) as restated_at,
        {{ requests }} as requests
    from {{ relation }}
    where {{ rows }}
    group by 1
{%- endmacro %}

{#- Instant of this run as its fact's stamp: later than every stamp there is, also where a clock was
    set back. -#}
{% macro new_restated_at() -%}
    {%- set last = none -%}
    {%- if execute and is_incremental() -%}
        {%- set last = run_query("select max(restated_at) from " ~ this).columns[0].values()[0] -%}
    {%- endif -%}
    cast('{{ stamp_after(last) }}' as timestamp)
{%- endmacro %}
