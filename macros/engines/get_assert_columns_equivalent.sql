{#- A contract's check on Spark. Through Thrift the driver tells no precision, and dbt would take a
    decimal for any other; `describe query` tells it. -#}
{% macro spark__get_assert_columns_equivalent(sql) %}
    {%- if not model["columns"] -%}{{ exceptions.raise_contract_error([], []) }}{%- endif -%}
    {%- set described = [] -%}
    {%- for query in [get_empty_schema_sql(model["columns"]), sql] -%}
        {%- set columns = [] -%}
        {%- set describe = "describe query select * from (\n" ~ query ~ "\n) as found" -%}
        {%- for row in run_query(describe).rows -%}
            {%- do columns.append({
                "name": row[0], "data_type": row[1], "formatted": row[0] ~ " " ~ row[1]
            }) -%}
        {%- endfor -%}
        {%- do described.append(columns | sort(attribute="name")) -%}
    {%- endfor -%}
    {%- if described[0] != described[1] -%}
        {%- do exceptions.raise_contract_error(described[0], described[1]) -%}
    {%- endif -%}
{% endmacro %}
