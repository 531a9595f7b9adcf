{#- What a scheduled run tests: with var `test_scope` at `restated`, the dates that were computed since
    LLM_FINOPS_TESTED_SINCE, at least those of the newest run; with `all`, everything. Never nothing: a
    run that changed nothing tests what the run before it changed. -#}

{#- Whether this run tests only what was computed since the last good one. Before the fact is built for
    the first time there is nothing else. -#}
{% macro tests_restated_only() %}
    {%- set scope = var("test_scope") or env_var("LLM_FINOPS_TEST_SCOPE", "all") -%}
    {%- if scope not in ["all", "restated"] -%}
        {{ exceptions.raise_compiler_error(
            "var test_scope: there is no scope `" ~ scope ~ "`; there is all, restated."
        ) }}
    {%- endif -%}
    {{ return(scope == "restated" and as_built("fct_llm_usage") is not none) }}
{% endmacro %}

{#- Condition on the rows of a restated mart: computed since LLM_FINOPS_TESTED_SINCE or, with
    `or_newest`, by the newest run that computed any. Its own stamps decide: what is tested before the fact
    is built again has none of the fact's. A literal, because a subquery prunes nothing. -#}
{% macro is_computed_since(relation, stamp, or_newest=true) -%}
    {%- set read = modules.datetime.datetime.fromisoformat -%}
    {%- set since = env_var("LLM_FINOPS_TESTED_SINCE", "") -%}
    {%- set bounds = [read(since)] if since else [] -%}
    {%- if or_newest or not since -%}
        {%- set newest = run_query(
            "select max(" ~ stamp ~ ") from " ~ relation
        ).columns[0].values()[0] -%}
        {%- if newest is not none -%}{%- do bounds.append(read(newest | string)) -%}{%- endif -%}
    {%- endif -%}
    {{ stamp }} >= cast('{{ bounds | min if bounds else "1970-01-01" }}' as timestamp)
{%- endmacro %}

{#- Condition on both sides of a comparison: the date or month is one that is tested. `key` says what
    it is in the fact, `mart` names one that is computed again for more than the fact's reasons. -#}
{% macro is_tested(expression, key="usage_date", mart=none) -%}
    {%- if not execute or not tests_restated_only() -%}
    true
    {%- else -%}
    {%- set dates = [] -%}
    {%- for name in ["fct_llm_usage", mart] if name and as_built(name) -%}
        {%- do dates.extend(run_query(
            "select distinct " ~ key ~ " from " ~ as_built(name) ~ " where "
            ~ is_computed_since(as_built(name), stamp_column(as_built(name)))
        ).columns[0].values()) -%}
    {%- endfor -%}
    {{ is_one_of_dates(expression, dates | unique | sort) }}
    {%- endif -%}
{%- endmacro %}

{#- The same for a comparison whose `columns` may have a date or a month among them; `expressions`
    holds what each is on the side at hand. -#}
{% macro is_tested_of(columns, expressions={}) -%}
    {%- set dates = {
        "usage_date": "usage_date",
        "reporting_date": "reporting_date",
        "usage_month": month_of("reporting_date"),
    } -%}
    {%- for column in columns if column in dates -%}
    {{ is_tested(expressions.get(column, column), dates[column]) }}
    {%- if not loop.last %} and {% endif -%}
    {%- else -%}
    true
    {%- endfor -%}
{%- endmacro %}

{#- Batches that the ledger does not know yet, or that brought attempts of tested dates; none for all.
    Where there are new ones, only they and what came of them is tested. -#}
{% macro tested_batches() %}
    {%- set new_batches = usage_to_take_in().batches if execute and tests_restated_only() else none -%}
    {%- if new_batches is none -%}{{ return(none) }}{%- endif -%}
    {%- set fact = as_built("fct_llm_usage") -%}
    {%- set computed = run_query(
        "select distinct batch_id from " ~ fact ~ " where "
        ~ is_computed_since(fact, "restated_at", or_newest=not new_batches)
    ).columns[0].values() | list -%}
    {{ return((new_batches + computed) | unique | sort) }}
{% endmacro %}

{#- Batches that hold attempts of tested dates, as far as the ledger knows them, and every batch
    that it does not know; none for all. Prunes the raw files that hold none. -#}
{% macro batches_of_tested_dates() %}
    {%- set tested = tested_batches() -%}
    {%- if tested is none -%}{{ return(none) }}{%- endif -%}
    {%- set known = run_query(
        "select distinct batch_id from " ~ as_built("usage_load_ledger") ~ " where "
        ~ is_tested("usage_date")
    ).columns[0].values() | list -%}
    {{ return((tested + known) | unique | sort) }}
{% endmacro %}

{#- dbt's own hook for what a generic test reads: of a restated mart the rows that are tested; for
    `unique` also every other row with one of their keys; of raw usage the batches that are tested. A test
    of types reads the relation. -#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get("where")] if config.get("where") else [] -%}
    {%- set test = (model.test_metadata or {}).get("name") -%}
    {%- set by_row = ["not_null", "unique", "accepted_values", "relationships", "rows_satisfy"] -%}
    {%- if execute and test in by_row and tests_restated_only() -%}
        {%- set stamp = stamp_column(relation) -%}
        {%- if stamp and test == "unique" -%}
            {%- set column = model.test_metadata.kwargs.column_name -%}
            {%- do conditions.append(
                column ~ " in (select tested." ~ column ~ " from " ~ relation ~ " as tested where "
                ~ is_computed_since(relation, stamp) ~ ")"
            ) -%}
        {%- elif stamp -%}
            {%- do conditions.append(is_computed_since(relation, stamp)) -%}
        {%- elif test == "rows_satisfy" and relation.identifier in usage_source_models().values() -%}
            {%- do conditions.append(is_one_of("_batch_id", tested_batches())) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if not conditions -%}{{ return(relation) }}{%- endif -%}
    {{ return(
        "(select * from " ~ relation ~ " where (" ~ conditions | join(") and (") ~ ")) as tested_rows"
    ) }}
{%- endmacro %}

{#- Column that says when a date or month of a mart was computed: where prices change by themselves, when
    it was charged. None where the relation is no such mart. -#}
{% macro stamp_column(relation) %}
    {%- for node in graph.nodes.values()
        if node.resource_type == "model" and node.alias == relation.identifier
        and node.schema == relation.schema and "restated_at" in node.columns -%}
        {%- set rule = (node.config.meta or {}).get("restated_by") -%}
        {%- if rule -%}
            {{ return("charged_at" if rule.charge_terms else "restated_at") }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}
