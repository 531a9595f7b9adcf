{#- What a run notes of each relation stands in a table of its own, written in the transaction that makes
    the relation. Spark has no such transaction, and a row more is a file more: there it is a property of
    the relation. Statement that makes the place, as `on-run-start`. -#}
{% macro keep_fingerprints() %}
    {%- if execute and flags.WHICH in ["build", "run", "seed"] -%}
        {{ adapter.dispatch("keep_fingerprints")() }}
    {%- endif -%}
{% endmacro %}

{#- A table that another version of the project has left says nothing to this one. -#}
{% macro default__keep_fingerprints() -%}
    {%- set relation = fingerprint_table() -%}
    {%- set place = {"database": relation.database, "schema": relation.schema} -%}
    {%- set existing = adapter.get_relation(identifier=relation.identifier, **place) -%}
    {%- set built = columns_built([existing]) if existing is not none else {} -%}
    {%- if built.get(_place(relation), {}).keys() | list != fingerprint_columns() -%}
        {%- if not adapter.check_schema_exists(**place) %}
        create schema {{ adapter.quote(relation.schema) }};
        {%- endif %}
        drop table if exists {{ relation }};
        create table {{ relation }} (
            {%- for name in fingerprint_columns() %}
            {{ name }} {{ dbt.type_string() }}{{ "," if not loop.last }}
            {%- endfor %}
        )
    {%- endif -%}
{%- endmacro %}

{% macro spark__keep_fingerprints() %}{% endmacro %}
