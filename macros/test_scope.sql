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
            "select max(" ~ _stamp_of(relation or fact) ~ ") from " ~ (relation or fact)
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
    it is in the fact, `mart` names one that is computed again for more than the fact's reasons. -#}
{% macro is_tested(expression, key="usage_date", mart=none) -%}
    {%- if _tested_since() is none -%}
    true
    {%- else -%}
    {%- set dates = _tested_keys(as_built("fct_llm_usage"), key) -%}
    {%- if mart -%}{%- set dates = dates + _tested_keys(as_built(mart), key) -%}{%- endif -%}
    {{ is_one_of_dates(expression, dates | unique | sort) }}
    {%- endif -%}
{%- endmacro %}

{#- Dates or months of a relation whose stamp is tested, asked once; none of them where it is not built. -#}
{% macro _tested_keys(relation, key) %}
    {%- set since = _tested_since(relation) if relation is not none -%}
    {%- if not since -%}{{ return([]) }}{%- endif -%}
    {%- set known = memory_of(relation) -%}
    {%- if key not in known -%}
        {%- do known.update({key: run_query(
            "select distinct " ~ key ~ " as tested from " ~ relation ~ " where "
            ~ _stamp_of(relation) ~ " >= " ~ since
        ).columns[0].values() | list}) -%}
    {%- endif -%}
    {{ return(known[key]) }}
{% endmacro %}

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
        {%- set stamp = _stamp_of(relation) -%}
        {%- set since = _tested_since(relation) if stamp -%}
        {%- set rows = stamp ~ " >= " ~ since -%}
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

{#- Column that says when a date or month of a mart was computed: where prices change by themselves, when
    it was charged. None where the relation is no such mart. -#}
{% macro _stamp_of(relation) %}
    {%- set known = run_memory("relations") -%}
    {%- if "stamps" not in known -%}
        {%- set stamps = {} -%}
        {%- for node in graph.nodes.values() if "restated_at" in node.columns and (node.config.meta or {}).restated_by -%}
            {%- set stamp = "charged_at" if node.config.meta.restated_by.charge_terms else "restated_at" -%}
            {%- do stamps.update({_place(node): stamp}) -%}
        {%- endfor -%}
        {%- do known.update({"stamps": stamps}) -%}
    {%- endif -%}
    {{ return(known.stamps.get(_place(relation))) }}
{% endmacro %}
