{#- Where a run notes what each relation is made of: a table of its own, written in the transaction that
    makes the relation. Spark has no such transaction, and appending a row writes a file: there it is a
    property of the relation itself. -#}

{#- Statement that makes the place, as `on-run-start`. -#}
{% macro keep_fingerprints() %}
    {%- if execute and flags.WHICH in ["build", "run", "seed"] -%}
        {{ adapter.dispatch("keep_fingerprints")() }}
    {%- endif -%}
{% endmacro %}

{% macro default__keep_fingerprints() -%}
    {%- set relation = fingerprint_table() -%}
    {%- set place = {"database": relation.database, "schema": relation.schema} -%}
    {%- if adapter.get_relation(identifier=relation.identifier, **place) is none -%}
        {%- if not adapter.check_schema_exists(**place) %}
        create schema {{ adapter.quote(relation.schema) }};
        {%- endif %}
        create table {{ relation }} (
            relation_name {{ dbt.type_string() }},
            project_fingerprint {{ dbt.type_string() }},
            sql_fingerprint {{ dbt.type_string() }},
            rows_fingerprint {{ dbt.type_string() }}
        )
    {%- endif -%}
{%- endmacro %}

{% macro spark__keep_fingerprints() %}{% endmacro %}

{% macro fingerprint_table() %}
    {{ return(api.Relation.create(
        database=target.database,
        schema=generate_schema_name("intermediate", none),
        identifier="relations_made",
        type="table"
    )) }}
{% endmacro %}

{#- Dict from `schema.name` to `project`, `sql` and `rows`. -#}
{% macro default__read_fingerprints() %}
    {%- set found = {} -%}
    {%- for name, project, sql, rows in run_query("select * from " ~ fingerprint_table()).rows -%}
        {%- do found.update({name: {"project": project, "sql": sql, "rows": rows}}) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#- Replaces what is noted of a relation; none forgets it. -#}
{% macro default__write_fingerprints(name, fingerprints) %}
    {%- do run_query(
        "delete from " ~ fingerprint_table() ~ " where relation_name = '" ~ name ~ "'"
    ) -%}
    {%- if fingerprints is not none -%}
        {%- set values = [] -%}
        {%- for value in [name, fingerprints.project, fingerprints.sql, fingerprints.rows] -%}
            {%- do values.append("null" if value is none else "'" ~ value ~ "'") -%}
        {%- endfor -%}
        {%- do run_query(
            "insert into " ~ fingerprint_table() ~ " values (" ~ values | join(", ") ~ ")"
        ) -%}
    {%- endif -%}
{% endmacro %}

{#- dbt has read every relation's properties before the run begins. -#}
{% macro spark__read_fingerprints() %}
    {%- set found = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type in ["model", "seed"] -%}
        {%- set relation = adapter.get_relation(
            database=node.database, schema=node.schema, identifier=node.alias
        ) -%}
        {%- set noted = modules.re.search(
            "llm_finops.made=([^/],]*)/([^/],]*)/([^/],]*)", relation.information or ""
        ) if relation is not none -%}
        {%- if noted -%}
            {%- do found.update({node.schema ~ "." ~ node.alias: {
                "project": noted.group(1),
                "sql": noted.group(2) or none,
                "rows": noted.group(3) or none,
            }}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{% macro spark__write_fingerprints(name, fingerprints) %}
    {%- set noted = [] -%}
    {%- for part in ["project", "sql", "rows"] if fingerprints is not none -%}
        {%- do noted.append(fingerprints[part] or "") -%}
    {%- endfor -%}
    {%- set kind = "view" if model.config.materialized == "view" else "table" -%}
    {%- do run_query(
        "alter " ~ kind ~ " " ~ this ~ " set tblproperties ('llm_finops.made' = '"
        ~ noted | join("/") ~ "')"
    ) -%}
{% endmacro %}
