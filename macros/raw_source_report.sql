{#- What scripts/doctor.py asks of the project: every raw table as check_raw_sources judges it, and
    every mart that a build makes; as JSON. -#}
{% macro raw_source_report() %}
    {%- if execute -%}
        {%- do register_raw_files() -%}
        {%- set tables = [] -%}
        {%- set missing = {} -%}
        {%- for node in graph.sources.values() if node.package_name == project_name -%}
            {%- set relation = builtins.source(node.source_name, node.name) -%}
            {%- set found = raw_columns(relation) -%}
            {%- set problems = [] -%}
            {%- if found is not none -%}
                {%- do problems.extend(_raw_column_problems(node, relation, found)) -%}
            {%- elif not (node.config.meta or {}).get("optional", false) -%}
                {%- do missing.setdefault(node.source_name, {}).update({node.name: relation}) -%}
            {%- endif -%}
            {%- do tables.append({
                "source": node.source_name,
                "table": node.name,
                "relation": relation | string,
                "columns": (found or {}).keys() | list,
                "problems": problems,
                "warn_after": (node.freshness or {}).get("warn_after"),
            }) -%}
        {%- endfor -%}
        {%- for name, absent in missing.items() -%}
            {%- do missing.update({name: _missing_tables_problem(name, absent)}) -%}
        {%- endfor -%}
        {%- set marts = [] -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == "model" and node.path.startswith("marts/") -%}
            {%- do marts.append(node.name) -%}
        {%- endfor -%}
        {{ return(tojson({
            "unknown": _unknown_sources(), "tables": tables, "missing": missing, "marts": marts
        })) }}
    {%- endif -%}
{% endmacro %}
