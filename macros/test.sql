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

{#- Whether the test at hand says of itself that it follows from what it reads, all of that follows from
    seeds, and was noted before the run began whose tests passed last. -#}
{% macro has_passed_on_these_rows() %}
    {%- set since = env_var("LLM_FINOPS_TESTED_SINCE", "") -%}
    {%- set may_pass = model.config.meta.follows_parents_alone and model.config.severity | lower == "error" -%}
    {%- if not may_pass or not since or _tested_since() is none -%}{{ return(false) }}{%- endif -%}
    {%- for node in read_through_views(model) -%}
        {%- set made = _relations_made().get(_place(node), {}) if node else {} -%}
        {%- if _hash_of_rows(node) is none or made.noted_at >= since
            or made.project_hash != _project_fingerprint() -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(model.depends_on.nodes | length > 0) }}
{% endmacro %}
