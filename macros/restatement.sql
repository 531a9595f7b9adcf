{#- What a run computes again, and what it leaves as it stands: docs/decisions/0007. -#}

{#- Makes a model wait for others that its macros query; a unit test has none of them. -#}
{% macro built_after(model_names) -%}
    {%- if model.resource_type != "unit_test" -%}
        {%- for name in model_names %}{% do ref(name) %}{% endfor -%}
    {%- endif -%}
{%- endmacro %}

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

{#- Everything that changes what usage becomes and is not usage or a price: where it differs from the
    last run's, all dates are computed again. -#}
{% macro restatement_rules() %}
    {%- set settings = [] -%}
    {%- for name in [
        "logic_version", "sources", "reporting_timezone", "list_book_by_source_instance",
        "earliest_usage_date", "max_tokens_per_request", "synapscale_tables",
    ] -%}
        {%- do settings.append(name ~ "=" ~ tojson(var(name), sort_keys=true)) -%}
    {%- endfor -%}
    {{ return(local_md5(settings | sort | join("|"))) }}
{% endmacro %}

{#- Which batches this run takes in, none for all, and why all, none where it does not: `batches` and
    `reason`. -#}
{% macro usage_to_take_in() %}
    {%- set reason = _reason_known_beforehand() if execute else "first_build" -%}
    {%- if reason is not none -%}{{ return({"reason": reason, "batches": none}) }}{%- endif -%}
    {%- set differing = run_query(
        "select coalesce(found.batch_id, known.batch_id) as batch_id, "
        ~ "known.batch_id is null as is_new from (" ~ _found_batches() ~ ") as found full outer join ("
        ~ _known_batches(as_built("usage_load_ledger")) ~ ") as known "
        ~ "on found.source_system = known.source_system and found.batch_id = known.batch_id "
        ~ "where found.row_count is distinct from known.row_count order by 1"
    ) -%}
    {%- set gone = differing.rows | rejectattr("is_new") | list -%}
    {%- if gone -%}{{ return({"reason": "removed_batch", "batches": none}) }}{%- endif -%}
    {{ return({"reason": none, "batches": differing.columns[0].values() | unique | list}) }}
{% endmacro %}

{#- Why everything is computed again, as far as the raw area need not be asked. -#}
{% macro _reason_known_beforehand() %}
    {%- if flags.FULL_REFRESH -%}{{ return("full_refresh") }}{%- endif -%}
    {%- for name in ["usage_load_ledger", "int_llm_usage_judged"] + _stamped_models() -%}
        {%- if as_built(name) is none -%}{{ return("first_build") }}{%- endif -%}
    {%- endfor -%}
    {%- set rules = run_query(
        "select distinct restatement_rules from " ~ as_built("usage_load_ledger")
    ).columns[0].values() | list -%}
    {#- A warehouse that was built before its first usage came has taken nothing in. -#}
    {%- if rules | length == 0 -%}{{ return("first_build") }}{%- endif -%}
    {{ return("changed_rules" if rules != [restatement_rules()] else none) }}
{% endmacro %}

{#- Rows of each batch that the ledger knows, and that the raw area holds. -#}
{% macro _known_batches(ledger) -%}
    select source_system, batch_id, sum(row_count) as row_count
    from {{ ledger }}
    group by source_system, batch_id
{%- endmacro %}

{% macro _found_batches() -%}
    select source_system, _batch_id as batch_id, count(*) as row_count
    from {{ as_built("int_llm_usage_unioned") }}
    group by source_system, _batch_id
{%- endmacro %}

{#- The batches that this run takes in, as `int_usage_batches_received` found them; none means all. -#}
{% macro batches_received() %}
    {%- set batches = as_built("int_usage_batches_received") -%}
    {%- if batches is none -%}{{ return(none) }}{%- endif -%}
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
    {%- set is_unit_test = model.resource_type == "unit_test" -%}
    {%- set new_batches = none if is_unit_test else batches_received() -%}
    {%- if new_batches is none or not _keeps_rows("int_llm_usage_judged") -%}
    true
    {%- else -%}
    {%- set keys = ref("int_usage_keys_received") -%}
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
    {{ return((node.config.meta or {}).get("restated_by") is not none) }}
{% endmacro %}

{#- Models whose stamps decide what is computed again. -#}
{% macro _stamped_models() %}
    {{ return(["fct_llm_usage", "int_llm_usage_meters", "int_llm_usage_app_costed"]) }}
{% endmacro %}
