{#- What a run need not make again because nothing that it is made of has changed: docs/decisions/0009.
    -#}

{#- Whether the relation at hand stands as this run would make it. A view is its SQL and that of the
    views it reads; a table or seed is that, and rows that follow from seeds alone. -#}
{% macro is_unchanged(type) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if should_full_refresh() or existing is none or existing.type != type -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set made = _relations_made().get(_place(model)) -%}
    {%- set now = _fingerprints() -%}
    {%- if made is none or made.project_hash != now.project_hash -%}{{ return(false) }}{%- endif -%}
    {%- set part = "sql_hash" if type == "view" else "rows_hash" -%}
    {{ return(now[part] is not none and made[part] == now[part]) }}
{% endmacro %}

{#- Whether this version of the project has made the relation at hand before: what follows from the code
    alone, such as a contract, holds. -#}
{% macro is_made_by_this_project() %}
    {%- set made = _relations_made().get(_place(model)) -%}
    {{ return(made is not none and made.project_hash == _project_fingerprint()) }}
{% endmacro %}

{#- Notes what the relation at hand is made of, in the transaction that makes it. -#}
{% macro note_made() %}
    {%- if execute -%}
        {%- do memory_of(this).clear() -%}
        {%- do run_memory("columns").pop(_place(model), none) -%}
        {#- Tests ask of rows when they were made, whatever they are made of. -#}
        {%- if _fingerprints().rows_hash is not none or not _is_noted() -%}
            {%- set noted = dict(_fingerprints(), noted_at=stamp_after(none)) -%}
            {%- do write_fingerprints(_place(model), noted) -%}
            {%- do _relations_made().update({_place(model): noted}) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro _is_noted() %}
    {%- set noted = dict(_relations_made().get(_place(model), {})) -%}
    {%- do noted.pop("noted_at", none) -%}
    {{ return(noted == _fingerprints()) }}
{% endmacro %}

{#- What every materialization does with a relation that is unchanged. -#}
{% macro keep_unchanged(type) %}
    {%- call noop_statement("main", "UNCHANGED") -%}{%- endcall -%}
    {%- do note_made_by_itself() -%}
    {{ return({"relations": [this.incorporate(type=type)]}) }}
{% endmacro %}

{#- Notes it in a transaction of its own, where it is not noted so. -#}
{% macro note_made_by_itself() %}
    {%- if not _is_noted() -%}
        {%- call statement("begin") -%}select 1{%- endcall -%}
        {%- do note_made() -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}

{#- Before a relation is made in a transaction that is not ours. -#}
{% macro forget_made() %}
    {%- set made = _relations_made() -%}
    {%- if _place(model) in made -%}
        {%- call statement("begin") -%}select 1{%- endcall -%}
        {%- do write_fingerprints(_place(model), none) -%}
        {%- do made.pop(_place(model)) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}
