{#- Stops a run that would add to tables of other columns than their models make: dbt appends what
    is missing, NULL in every row that stays. A new version of the project changes the rules, and
    all rows are written anew. -#}
{% macro check_built_marts() %}
    {%- if execute and flags.WHICH in ["build", "run"] and not flags.FULL_REFRESH -%}
        {%- set is_same_version = _reason_known_beforehand() is none -%}
        {%- set nodes, tables = [], [] -%}
        {%- for node in graph.nodes.values() if node.config.materialized == "incremental" -%}
            {%- set built = as_built(node.name) -%}
            {%- if built -%}
                {%- do nodes.append(node) -%}
                {%- do tables.append(built) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set types = columns_built(tables) if tables else {} -%}
        {%- for node in nodes -%}
            {%- set wrong = _differing_column(
                node, types[node.schema ~ "." ~ node.alias],
                is_same_version and not node.config.meta.state
            ) -%}
            {%- if wrong -%}
                {{ exceptions.raise_compiler_error(
                    node.schema ~ "." ~ node.alias ~ ": " ~ wrong ~ " Another program, or another "
                    ~ "version of the project, has changed the table. Run `dbt build "
                    ~ "--full-refresh` once; later runs compute what has changed."
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- What is wrong with the first column that cannot be added to, none where all can. -#}
{% macro _differing_column(node, types, may_lack_none) %}
    {%- for column in node.columns.values() -%}
        {%- set found = types.get(column.name | lower) -%}
        {%- if found is none and may_lack_none -%}
            {{ return("column " ~ column.name ~ " is missing.") }}
        {%- elif found and column.data_type and not _is_type(found, column.data_type) -%}
            {{ return(
                "column " ~ column.name ~ " is " ~ found ~ ", not " ~ column.data_type ~ "."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}

{#- Whether a type of the engine, in lower case, is what a contract calls so. -#}
{% macro _is_type(found, declared) %}
    {%- set names = {
        "string": "text|string|varchar.*|character varying.*",
        "int": "int4?|integer",
        "integer": "int4?|integer",
        "bigint": "bigint|int8|long",
        "timestamp": "timestamp.*",
        "boolean": "bool(ean)?",
    } -%}
    {%- if declared in names -%}
        {{ return(modules.re.fullmatch(names[declared], found) is not none) }}
    {%- endif -%}
    {#- The digits alone: engines have two words for exact numbers. -#}
    {%- set digits = (found ~ "(").split("(")[1] | replace(" ", "") -%}
    {{ return(digits == (declared ~ "(").split("(")[1] | replace(" ", "")) }}
{% endmacro %}
