{#- On PostgreSQL and DuckDB the transaction that makes a relation notes it too; Spark notes it where it
    goes with the relation. Replaces what is noted of the relation at hand, `schema.name`; none forgets
    it. -#}
{% macro write_fingerprints(name, fingerprints) %}
    {{ return(adapter.dispatch("write_fingerprints")(name, fingerprints)) }}
{% endmacro %}

{% macro default__write_fingerprints(name, fingerprints) %}
    {%- do run_query(
        "delete from " ~ fingerprint_table() ~ " where relation_name = '" ~ name ~ "'"
    ) -%}
    {%- if fingerprints is not none -%}
        {%- set values = ["'" ~ name ~ "'"] -%}
        {%- for column in fingerprint_columns()[1:] -%}
            {%- set value = fingerprints[column] -%}
            {%- do values.append("null" if value is none else "'" ~ value ~ "'") -%}
        {%- endfor -%}
        {%- do run_query(
            "insert into " ~ fingerprint_table() ~ " values (" ~ values | join(", ") ~ ")"
        ) -%}
    {%- endif -%}
{% endmacro %}

{% macro spark__write_fingerprints(name, fingerprints) %}
    {%- set values = [] -%}
    {%- for column in fingerprint_columns()[1:] -%}
        {%- do values.append((fingerprints or {}).get(column) or "") -%}
    {%- endfor -%}
    {%- set kind = "view" if model.config.materialized == "view" else "table" -%}
    {%- do run_query(
        "alter " ~ kind ~ " " ~ this ~ " set tblproperties ('llm_finops.made' = '"
        ~ values | join("/") ~ "')"
    ) -%}
{% endmacro %}
