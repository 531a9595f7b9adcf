{#- dbt's macros forget everything when a node ends. `graph` is one dictionary for a whole run: what is
    asked once in it is kept there, under the run's own id, because a program that runs dbt twice may
    hand it the same one. Threads share it: a value is put there when it is whole. -#}
{% macro run_memory(part) %}
    {{ return(graph.setdefault("llm_finops", {}).setdefault(invocation_id, {}).setdefault(part, {})) }}
{% endmacro %}

{#- What is known of a relation's rows, until a run builds it. -#}
{% macro memory_of(relation) %}{{ return(run_memory("of " ~ relation)) }}{% endmacro %}
