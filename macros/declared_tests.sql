{#- dbt runs each test that a YAML file declares as a node of its own, which takes it ten times as long as
    asking a few rows. A scheduled build asks all of them in one statement a folder. -#}

{#- Kinds of declared tests; selectors.yml leaves them out of a scheduled build by these names. -#}
{% macro kinds_asked_together() %}
    {{ return([
        "not_null", "unique", "accepted_values", "relationships", "rows_satisfy", "adds_up_to",
        "money_columns_are_exact_decimals",
    ]) }}
{% endmacro %}

{#- The declared tests of some models that fail, with the number of their rows; `parents` are read by
    them too, and `kinds` says which tests. Where none is declared, that is the failure. -#}
{% macro failing_declared_tests(model_names, parents=[], kinds=none) -%}
    {%- for name in model_names + parents %}
-- depends_on: {{ ref(name) }}
    {%- endfor %}
    {%- set queries = [] -%}
    {%- for node in _nodes_asked_together(model_names, kinds or kinds_asked_together()) -%}
        {%- do queries.append(
            "select '" ~ node.name ~ "' as failing_test, count(*) as failing_rows from ("
            ~ _sql_of_declared_test(node) ~ ") as failing_rows"
        ) -%}
    {%- endfor %}
select *
from (
    {{ queries | join("\n    union all\n    ")
        or "select 'no test is declared' as failing_test, 1 as failing_rows" }}
) as declared_tests
where failing_rows > 0
{%- endmacro %}

{#- Nodes of the declared tests of some models; none while parsing, and where all that they read is as
    it was when they passed: the query is not sent then. -#}
{% macro _nodes_asked_together(model_names, kinds) %}
    {%- set nodes = [] -%}
    {%- if execute -%}
        {%- for node in _declared_tests() if node.test_metadata.name in kinds
            and node.attached_node and node.attached_node.split(".")[-1] in model_names -%}
            {%- do nodes.append(node) -%}
            {%- do run_memory("asked").update({node.unique_id: true}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return([] if execute and has_passed_on_these_rows() else nodes) }}
{% endmacro %}

{#- Nodes of the declared tests that no run asks by themselves where it asks tests together, without
    those that `--exclude` names. The graph holds those of a model that is not enabled too. -#}
{% macro _declared_tests() %}
    {%- set known = run_memory("declared_tests") -%}
    {%- if "nodes" not in known -%}
        {%- set nodes = [] -%}
        {%- set left_out = (invocation_args_dict.get("exclude") or []) | join(" ") -%}
        {%- for node in graph.nodes.values() if node.resource_type == "test" and node.test_metadata -%}
            {%- if node.test_metadata.name in kinds_asked_together()
                and node.config.severity | lower == "error" and node.config.error_if == "!= 0"
                and "full_audit" not in node.tags and node.name not in left_out.split(" ")
                and (not node.attached_node or node.attached_node in graph.nodes) -%}
                {%- do nodes.append(node) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do known.update({"nodes": nodes}) -%}
    {%- endif -%}
    {{ return(known.nodes) }}
{% endmacro %}

{#- Stops a run that asked all folders together, and so left out a test that no folder asks. -#}
{% macro check_declared_tests_asked(results) %}
    {%- if execute and flags.WHICH in ["build", "test"] and _asked_all_folders(results) -%}
        {%- set asked = run_memory("asked") -%}
        {%- for node in _declared_tests()
            if node.unique_id not in asked and node.unique_id not in selected_resources -%}
            {{ exceptions.raise_compiler_error(
                node.original_file_path ~ ": no scheduled build asks " ~ node.name ~ ". Name its model in a "
                ~ "file of tests/declared/, or write the rule as a query in tests/."
            ) }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- Whether each test of tests/declared has passed in this run. -#}
{% macro _asked_all_folders(results) %}
    {%- set passed = [] -%}
    {%- for result in results if result.status == "pass" -%}
        {%- do passed.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if node.resource_type == "test" and "declared" in node.fqn -%}
        {%- if node.unique_id not in passed -%}{{ return(false) }}{%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}

{#- What dbt would run for the test: the same macro with the same arguments. -#}
{% macro _sql_of_declared_test(node) %}
    {%- set arguments = dict(node.test_metadata.kwargs) -%}
    {%- set relation = _relation_named(node.attached_node.split(".")[-1]) -%}
    {%- do arguments.update({"model": tested_rows(
        relation, node.test_metadata.name, arguments.get("column_name"), node.config.where or ""
    )}) -%}
    {%- for name in ["to", "parent"] if name in arguments -%}
        {%- do arguments.update({name: _relation_named(arguments[name].split("'")[1])}) -%}
    {%- endfor -%}
    {%- if "keys" in arguments -%}
        {%- do arguments.update({"keys": _rendered_values(arguments["keys"])}) -%}
    {%- endif -%}
    {{ return(context["test_" ~ node.test_metadata.name](**arguments)) }}
{% endmacro %}

{% macro _rendered_values(values) %}
    {%- set known, rendered = run_memory("rendered"), {} -%}
    {%- for name, text in values.items() -%}
        {%- if text not in known -%}{%- do known.update({text: render(text)}) -%}{%- endif -%}
        {%- do rendered.update({name: known[text]}) -%}
    {%- endfor -%}
    {{ return(rendered) }}
{% endmacro %}

{% macro _relation_named(name) %}
    {%- set known = run_memory("relations") -%}
    {%- if "by_name" not in known -%}
        {%- set by_name = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type in ["model", "seed", "snapshot"] -%}
            {%- do by_name.update({node.name: api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.alias
            )}) -%}
        {%- endfor -%}
        {%- do known.update({"by_name": by_name}) -%}
    {%- endif -%}
    {{ return(known.by_name[name]) }}
{% endmacro %}
