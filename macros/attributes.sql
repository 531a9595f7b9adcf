{#- What an application says of an attempt in other tables than its usage may change by itself. -#}

{#- Condition: two relations say different things of one attribute; missing is `unattributed`. -#}
{% macro is_other_attribute(left, right, name) -%}
    coalesce({{ left }}.{{ name }}, 'unattributed') <> coalesce({{ right }}.{{ name }}, 'unattributed')
{%- endmacro %}

{#- Condition: the attempt's source keeps attributes in other tables, or was ever loaded as a whole.
    A list of literals, so that where there is none nothing is read. -#}
{% macro may_be_reattributed() -%}
    {%- set systems = application_sources() -%}
    {%- if as_built("int_tables_fully_loaded") is not none -%}
        {%- set found = run_query(
            "select distinct source_name from " ~ as_built("int_tables_fully_loaded")
        ).columns[0].values() | list -%}
        {%- set systems = (systems + found) | unique | select("in", var("sources")) | sort -%}
    {%- endif -%}
    {{ is_one_of("source_system", systems) }}
{%- endmacro %}

{#- Attempts with judged versions, of sources that say what belongs to them elsewhere. -#}
{% macro keys_judged_before(source_systems=none) -%}
    {%- set judged = _kept("int_llm_usage_judged") -%}
    {%- set systems = application_sources() if source_systems is none else source_systems -%}
    {%- if judged is none or not systems -%}
    select
        attempt_hash,
        usage_key,
        usage_date
    from received
    where false
    {%- else -%}
    select {{ attempt_hash() }} as attempt_hash, usage_key, usage_date
    from {{ judged }}
    where {{ is_one_of("source_system", systems) }}
    {%- endif -%}
{%- endmacro %}
