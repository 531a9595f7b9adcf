{#- dbt's own macro looks its placeholder up again for every cell: 16 seconds for the price list, one
    for the same statement with the placeholders of a row written once. -#}
{% macro postgres__load_csv_rows(model, agate_table) %}
    {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
    {%- set row_values = "(" ~ (["%s"] * (agate_table.column_names | length)) | join(", ") ~ ")" -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set bindings = [] -%}
        {%- for row in chunk -%}{%- do bindings.extend(row) -%}{%- endfor -%}
        {%- set statement -%}
            insert into {{ this.render() }} ({{ columns }})
            values {{ ([row_values] * (chunk | length)) | join(", ") }}
        {%- endset -%}
        {%- do adapter.add_query(statement, bindings=bindings, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements | first) }}
{% endmacro %}

{#- Spark takes minutes to read a literal and a cast for every cell; a row is one literal here, a
    JSON array of texts, and each column is cast once. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model["config"].get("column_types", {}) -%}
    {%- set columns = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set type = types.get(name, api.Column.translate_type("string")) -%}
        {%- do columns.append("cast(cells[" ~ loop.index0 ~ "] as " ~ type ~ ")") -%}
    {%- endfor -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set literals = [] -%}
        {%- for row in chunk -%}
            {%- set cells = tojson(row.values() | list) -%}
            {%- set literal = cells | replace("\\", "\\\\") | replace("'", "\\'") -%}
            {%- do literals.append("('" ~ literal ~ "')") -%}
        {%- endfor -%}
        {%- set statement -%}
            insert into {{ this.render() }}
            select {{ columns | join(", ") }}
            from (
                select from_json(row_text, 'array<string>') as cells
                from values {{ literals | join(", ") }} as seed_rows (row_text)
            ) as seed_cells
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements | first) }}
{% endmacro %}
