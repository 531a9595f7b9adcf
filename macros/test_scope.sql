{#- What a scheduled run tests: with var `test_scope` at `restated`, the dates that were computed since
    LLM_FINOPS_TESTED_SINCE, at least those of the fact's newest run; with `all`, everything. Never
    nothing: a run that changed nothing tests what the run before it changed. -#}

{#- The first stamp that is tested in a relation, the fact unless one is given; none where everything
    is. Its own stamps decide: what is tested before the fact is built again has none of the fact's. -#}
{% macro _tested_since(relation=none) %}
    {%- set scope = var("test_scope") or env_var("LLM_FINOPS_TEST_SCOPE", "all") -%}
    {%- if scope not in ["all", "restated"] -%}
        {{ exceptions.raise_compiler_error(
            "var test_scope: there is no scope `" ~ scope ~ "`; there is all, restated."
        ) }}
    {%- endif -%}
    {%- set fact = as_built("fct_llm_usage") -%}
    {%- if scope == "all" or fact is none -%}{{ return(none) }}{%- endif -%}
    {%- set known = memory_of(relation or fact) -%}
    {%- if "tested_since" not in known -%}
        {%- set last = run_query(
            "select max(restated_at) from " ~ (relation or fact)
        ).columns[0].values()[0] -%}
        {%- set since = env_var("LLM_FINOPS_TESTED_SINCE", "") or last | string -%}
        {%- set read = modules.datetime.datetime.fromisoformat -%}
        {%- do known.update({"tested_since": none if last is none else (
            "cast('" ~ [read(since), read(last | string)] | min ~ "' as timestamp)"
        )}) -%}
    {%- endif -%}
    {{ return(known.tested_since) }}
{% endmacro %}

{#- Condition on both sides of a comparison: the date or month is one that is tested. `key` says what
    it is in the fact. -#}
{% macro is_tested(expression, key="usage_date") -%}
    {%- set since = _tested_since() -%}
    {%- if since is none -%}
    true
    {%- else -%}
    {%- set fact = as_built("fct_llm_usage") -%}
    {%- set known = memory_of(fact) -%}
    {%- if key not in known -%}
        {%- do known.update({key: run_query(
            "select distinct " ~ key ~ " as tested from " ~ fact ~ " where restated_at >= " ~ since
            ~ " order by 1"
        ).columns[0].values() | list}) -%}
    {%- endif -%}
    {{ is_one_of_dates(expression, known[key]) }}
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

{#- Batches that the ledger does not know yet, or that brought attempts of a tested stamp; none for all.
    Where there are new ones, what the run before this one changed need not stand in for them. It
    counts the raw area, so a test asks once. -#}
{% macro tested_batches() %}
    {%- set since = _tested_since() -%}
    {%- set new_batches = usage_to_take_in().batches if since is not none -%}
    {%- if since is none or new_batches is none -%}{{ return(none) }}{%- endif -%}
    {%- set tested_since = env_var("LLM_FINOPS_TESTED_SINCE", "") -%}
    {%- if new_batches and tested_since -%}
        {%- set since = "cast('" ~ tested_since ~ "' as timestamp)" -%}
    {%- endif -%}
    {%- set computed = run_query(
        "select distinct batch_id from " ~ as_built("fct_llm_usage") ~ " where restated_at >= "
        ~ since
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

{#- dbt's own hook for what a generic test reads. -#}
{% macro get_where_subquery(relation) -%}
    {%- set test = model.test_metadata or {} -%}
    {{ return(tested_rows(
        relation, test.get("name"), test.get("kwargs", {}).get("column_name"), config.get("where", "")
    )) }}
{%- endmacro %}

{#- What a test reads: of a restated mart the rows that are tested; for `unique` also every other row
    with one of their keys; of raw usage the batches that are tested. A test of types reads the
    relation. -#}
{% macro tested_rows(relation, test, column_name, where="") -%}
    {%- set conditions = [where] if where else [] -%}
    {%- set by_row = ["not_null", "unique", "accepted_values", "relationships", "rows_satisfy"] -%}
    {%- if execute and test in by_row -%}
        {%- set since = _tested_since(relation) if _has_restated_at(relation) -%}
        {%- set rows = "restated_at >= " ~ since -%}
        {%- if since and test == "unique" -%}
            {%- do conditions.append(
                column_name ~ " in (select tested." ~ column_name ~ " from " ~ relation
                ~ " as tested where tested." ~ rows ~ ")"
            ) -%}
        {%- elif since -%}
            {%- do conditions.append(rows) -%}
        {%- elif test == "rows_satisfy" and relation.identifier in usage_source_models().values() -%}
            {%- do conditions.append(is_one_of("_batch_id", tested_batches())) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if not conditions -%}{{ return(relation) }}{%- endif -%}
    {{ return(
        "(select * from " ~ relation ~ " where (" ~ conditions | join(") and (") ~ ")) as tested_rows"
    ) }}
{%- endmacro %}

{#- Whether a relation is a mart that is computed again by dates or months. -#}
{% macro _has_restated_at(relation) %}
    {%- set known = run_memory("relations") -%}
    {%- if "restated_marts" not in known -%}
        {%- set marts = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" -%}
            {%- if "restated_at" in node.columns and node.config.meta.get("restated_by") -%}
                {%- do marts.append(_place(node)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do known.update({"restated_marts": marts}) -%}
    {%- endif -%}
    {{ return(_place(relation) in known.restated_marts) }}
{% endmacro %}
