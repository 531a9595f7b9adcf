{#- Each engine's own names for the types that hold a declared type without loss; what is not the
    first is cast to it. -#}
{% macro raw_types() %}{{ return(adapter.dispatch("raw_types")()) }}{% endmacro %}

{% macro default__raw_types() %}
    {{ return({
        "text": ["varchar", "text", "character varying", "uuid", "enum", "bigint", "integer"],
        "json": ["varchar", "text", "character varying", "json", "jsonb"],
        "bigint": ["bigint", "integer"],
        "integer": ["integer", "smallint"],
        "boolean": ["boolean"],
        "timestamptz": ["timestamp with time zone"],
        "timestamp": ["timestamp", "timestamp without time zone"],
        "double": ["double precision", "double", "real", "float", "numeric", "decimal"],
        "decimal": [type_cost(), "numeric", "decimal"],
    }) }}
{% endmacro %}

{#- Spark's `timestamp` is an instant; it has one type for text. -#}
{% macro spark__raw_types() %}
    {{ return({
        "text": ["string", "bigint", "int"],
        "json": ["string"],
        "bigint": ["bigint", "int"],
        "integer": ["int", "smallint"],
        "boolean": ["boolean"],
        "timestamptz": ["timestamp"],
        "timestamp": ["timestamp_ntz"],
        "double": ["double", "float", "decimal"],
        "decimal": [type_cost(), "decimal"],
    }) }}
{% endmacro %}
