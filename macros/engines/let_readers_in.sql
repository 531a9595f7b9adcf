{#- Only PostgreSQL has roles here; to read a table there takes `usage` on its schema too. -#}
{% macro let_readers_in() %}{{ return(adapter.dispatch("let_readers_in")()) }}{% endmacro %}

{% macro default__let_readers_in() %}{% endmacro %}

{% macro postgres__let_readers_in() %}
    {%- if execute and flags.WHICH in ["build", "run"] and var("reader_roles") -%}
        {%- set known = run_query("select rolname from pg_catalog.pg_roles").columns[0].values() -%}
        {%- for role in var("reader_roles") if role not in known -%}
            {{ exceptions.raise_compiler_error(
                "var reader_roles: the server has no role `" ~ role ~ "`. Create it (create role "
                ~ adapter.quote(role) ~ " login) or take it out of reader_roles."
            ) }}
        {%- endfor -%}
        {%- set schema = generate_schema_name("marts", none) -%}
        {%- set there = run_query(
            "select 1 from pg_catalog.pg_namespace where nspname = '" ~ schema ~ "'"
        ).rows -%}
        {%- if there %}
            grant usage on schema {{ adapter.quote(schema) }}
            to "{{ var("reader_roles") | join("\", \"") }}"
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
