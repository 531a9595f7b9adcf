{#- PostgreSQL and DuckDB keep what runs noted in a table, Spark in the properties of each relation. Dict
    from `schema.name` to three hashes and `noted_at`, the start of the run that noted them, UTC. -#}
{% macro read_fingerprints() %}{{ return(adapter.dispatch("read_fingerprints")()) }}{% endmacro %}

{% macro default__read_fingerprints() %}
    {%- set table = fingerprint_table() -%}
    {%- set found = {} -%}
    {%- if adapter.get_relation(table.database, table.schema, table.identifier) is not none -%}
        {%- for row in run_query("select * from " ~ table).rows -%}
            {%- set noted = dict(row.dict()) -%}
            {%- do found.update({noted.pop("relation_name"): noted}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}

{#- dbt has read every relation's properties before the run begins. -#}
{% macro spark__read_fingerprints() %}
    {%- set found = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type in ["model", "seed"] -%}
        {%- set relation = adapter.get_relation(
            database=node.database, schema=node.schema, identifier=node.alias
        ) -%}
        {%- set noted = modules.re.search(
            "llm_finops.made=([^],]*)", relation.information or ""
        ) if relation is not none -%}
        {%- if noted -%}
            {%- set values = noted.group(1).split("/") -%}
            {%- set hashes = {} -%}
            {%- for column in fingerprint_columns()[1:] -%}
                {%- do hashes.update({column: values[loop.index0] or none}) -%}
            {%- endfor -%}
            {%- do found.update({_place(node): hashes}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
