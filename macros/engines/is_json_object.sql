{#- PostgreSQL asks whether text is JSON (`is json`) from version 16 on, and a cast of text that is
    none stops the query, as DuckDB's `json_type` does. -#}
{% macro is_json_object(text) %}{{ return(adapter.dispatch("is_json_object")(text)) }}{% endmacro %}

{% macro duckdb__is_json_object(text) -%}
    case when json_valid({{ text }}) then json_type({{ text }}) = 'OBJECT' else false end
{%- endmacro %}

{#- Spark reads text that is no object, or no JSON, as no map. -#}
{% macro spark__is_json_object(text) -%}
    (from_json({{ text }}, 'map<string,string>') is not null)
{%- endmacro %}

{#- Texts and then other scalars become one character each, and what holds only those becomes one,
    from within; values may be nested eight deep. -#}
{% macro postgres__is_json_object(text) -%}
    {%- set steps -%}
    "([^"\\\u0001-\u001f]|\\(["\\/bfnrt]|u(?!0000|[dD][89abABc-fC-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*"
    -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null
    [ \t\n\r]+
    \[([\u0001\u0002](,[\u0001\u0002])*)?\]|\{(\u0001:[\u0001\u0002](,\u0001:[\u0001\u0002])*)?\}
    {%- endset -%}
    {%- set (texts, scalars, blanks, nested) = steps.strip().split("\n") | map("trim") -%}
    {%- set read = namespace(sql="'x' || " ~ text) -%}
    {%- for pattern, replacement in
        [(texts, "chr(1)"), (scalars, "chr(2)"), (blanks, "''")] + [(nested, "chr(2)")] * 8 -%}
        {%- set read.sql = "regexp_replace(" ~ read.sql ~ ", '" ~ pattern ~ "', " ~ replacement ~ ", 'g')" -%}
    {%- endfor -%}
    {{ text }} !~ '[\u0001\u0002]'
    and left(ltrim({{ text }}, e' \t\n\r'), 1) = '{'
    and {{ read.sql }} = 'x' || chr(2)
{%- endmacro %}
