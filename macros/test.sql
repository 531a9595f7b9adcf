{#- A scheduled run does not ask again what passed on rows that are the same: of what the seeds say, as
    long as no seed has changed. -#}
{% materialization test, default %}
    {%- if has_passed_on_these_rows() -%}
        {%- call statement("main", fetch_result=true) -%}
            select 0 as failures, false as should_warn, false as should_error
        {%- endcall -%}
        {{ return({"relations": []}) }}
    {%- endif -%}
    {{ return(dbt.materialization_test_default()) }}
{% endmaterialization %}

{#- Whether all that the test at hand reads follows from seeds, and was noted before the run began whose
    tests passed last. -#}
{% macro has_passed_on_these_rows() %}
    {%- set since = env_var("LLM_FINOPS_TESTED_SINCE", "") -%}
    {%- if _tested_since() is none or not since -%}{{ return(false) }}{%- endif -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set made = _relations_made().get(_place(graph.nodes[id])) if id in graph.nodes -%}
        {%- if not made or made.rows_hash is none or made.noted_at >= since
            or made.project_hash != _project_fingerprint() -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(model.depends_on.nodes | length > 0) }}
{% endmacro %}
