{#- Each engine's own names for the types that a source may declare. -#}
{% macro raw_types() %}{{ return(adapter.dispatch("raw_types")()) }}{% endmacro %}

{% macro default__raw_types() %}
    {{ return({
        "text": ["varchar", "text", "character varying"],
        "json": ["varchar", "text", "character varying", "json", "jsonb"],
        "bigint": ["bigint", "integer"],
        "integer": ["integer", "smallint"],
        "boolean": ["boolean"],
        "timestamptz": ["timestamp with time zone"],
    }) }}
{% endmacro %}

{#- Spark's `timestamp` is an instant; it has one type for text. -#}
{% macro spark__raw_types() %}
    {{ return({
        "text": ["string"],
        "json": ["string"],
        "bigint": ["bigint", "int"],
        "integer": ["int", "smallint"],
        "boolean": ["boolean"],
        "timestamptz": ["timestamp"],
    }) }}
{% endmacro %}
