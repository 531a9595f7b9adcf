{#- A contract's check. Through Thrift the driver tells no length and no precision, and dbt would take
    decimal(10, 2) for decimal(28, 15); `describe query` tells them. -#}
{% macro spark__get_assert_columns_equivalent(sql) %}
    {%- if not model["columns"] -%}{{ exceptions.raise_contract_error([], []) }}{%- endif -%}
    {%- set declared = _described_columns(get_empty_schema_sql(model["columns"])) -%}
    {%- set found = _described_columns(sql) -%}
    {%- if found | sort(attribute="name") != declared | sort(attribute="name") -%}
        {%- do exceptions.raise_contract_error(declared, found) -%}
    {%- endif -%}
{% endmacro %}

{% macro _described_columns(sql) %}
    {%- set columns = [] -%}
    {%- for row in run_query("describe query select * from (\n" ~ sql ~ "\n) as described").rows -%}
        {%- do columns.append({
            "name": row[0], "data_type": row[1], "formatted": row[0] ~ " " ~ row[1]
        }) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}
