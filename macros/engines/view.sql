{#- dbt-duckdb makes a view under another name, renames twice and drops: eight statements for what
    DuckDB does in one, and every run makes every view again. -#}
{% materialization view, adapter="duckdb" %}
    {#- A table that stood there is dropped with the view made, or not at all. -#}
    {%- do adapter.ensure_transaction() -%}
    {%- set built = create_or_replace_view() -%}
    {%- do adapter.commit() -%}
    {{ return(built) }}
{% endmaterialization %}
