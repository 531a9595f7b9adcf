{#- dbt counts the rows that fail a test; this names the first of them, at the end of the run. -#}
{% macro print_failed_rows(results, rows_per_test=3) %}
    {%- if execute -%}
        {%- for result in results
            if result.node.resource_type == "test" and result.status in ["fail", "warn"]
            and result.node.compiled_code -%}
            {%- set query = "select * from (\n" ~ result.node.compiled_code ~ "\n) as failed_rows" -%}
            {%- set rows = run_query(query ~ " limit " ~ rows_per_test) -%}
            {{ log(result.node.name ~ " (" ~ result.failures ~ "):", info=true) }}
            {%- for row in rows.rows -%}
                {{ log("  - " ~ _row_text(row), info=true) }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

{#- A test's own sentence where it has one, else `column = value` for each column. -#}
{% macro _row_text(row) %}
    {%- set pairs = [] -%}
    {%- for name, value in row.dict().items() -%}
        {%- do pairs.append(name ~ " = " ~ value) -%}
    {%- endfor -%}
    {{ return(row.dict().get("message", pairs | join(", "))) }}
{% endmacro %}
