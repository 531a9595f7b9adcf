{#- An aggregate or a coalesce on PostgreSQL forgets a decimal's scale, and dbt compares the rows of
    a unit test as they print: 0.0045 would differ from 0.004500000000000. -#}
{% macro postgres__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {%- set decimals = [] -%}
    {%- for column in get_column_schema_from_query(main_sql) if column.is_numeric() -%}
        {%- do decimals.append(column.name | lower) -%}
    {%- endfor -%}
    {%- set columns = [] -%}
    {%- for name in expected_column_names -%}
        {%- set is_decimal = name.strip('"') | lower in decimals -%}
        {%- do columns.append("trim_scale(" ~ name ~ ") as " ~ name if is_decimal else name) -%}
    {%- endfor -%}
    {{ default__get_unit_test_sql(
        "select " ~ columns | join(", ") ~ " from (" ~ main_sql ~ ") as actual_rows",
        "select " ~ columns | join(", ") ~ " from (" ~ expected_fixture_sql ~ ") as expected_rows",
        expected_column_names
    ) }}
{%- endmacro %}
