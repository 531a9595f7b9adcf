{#- Stops a run before it builds anything when a raw table is missing or is not what its source
    declares. -#}
{% macro check_raw_sources() %}
    {%- if execute and flags.WHICH in ["build", "run", "test", "snapshot"] -%}
        {%- set problems = _unknown_sources() -%}
        {%- set missing = {} -%}
        {%- for node in graph.sources.values() if node.package_name == project_name -%}
            {%- set relation = builtins.source(node.source_name, node.name) -%}
            {%- set found = raw_columns(relation) -%}
            {%- if found is not none -%}
                {%- do problems.extend(_raw_column_problems(node, relation, found)) -%}
            {%- elif not (node.config.meta or {}).get("optional", false) -%}
                {%- do missing.setdefault(node.source_name, {}).update({node.name: relation}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for source_name, tables in missing.items() -%}
            {%- do problems.append(_missing_tables_problem(source_name, tables)) -%}
        {%- endfor -%}
        {%- if problems -%}
            {{ exceptions.raise_compiler_error(
                "the raw area is not ready:\n  - " ~ problems | join("\n  - ")
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{#- Sentences, one per name in var `sources` that no usage model stands for, and one per table that
    var `<source>_tables` names and the source does not have. -#}
{% macro _unknown_sources() %}
    {%- set known = usage_source_models().keys() | list -%}
    {%- set there_is = "there is " ~ known | join(", ") ~ "." -%}
    {%- set problems = [] -%}
    {%- for name in var("sources") if name not in known -%}
        {%- do problems.append("var sources: there is no source `" ~ name ~ "`; " ~ there_is) -%}
    {%- endfor -%}
    {%- if not var("sources") -%}
        {%- do problems.append("var sources: names no source; " ~ there_is) -%}
    {%- endif -%}
    {%- for name in var("sources") -%}
        {%- for table in var(name ~ "_tables", {}) -%}
            {%- if ["source", project_name, name, table] | join(".") not in graph.sources -%}
                {%- do problems.append(
                    "var " ~ name ~ "_tables: there is no table `" ~ table ~ "`; write the plan's "
                    ~ "name first, as in {usage_logs: llms_usage_logs}."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(problems) }}
{% endmacro %}

{#- Names of the sources that the loader's manifest has loads of; none where there is no manifest. -#}
{% macro _sources_loaded() %}
    {%- set manifest = builtins.source("loads", "load_manifest") -%}
    {%- if "source_name" not in (raw_columns(manifest) or {}) -%}{{ return([]) }}{%- endif -%}
    {{ return(run_query(
        "select distinct source_name from " ~ manifest ~ " order by source_name"
    ).columns[0].values() | list) }}
{% endmacro %}

{#- One sentence for all tables of a source that are missing, and what to do. -#}
{% macro _missing_tables_problem(source_name, tables) %}
    {%- set (table, relation) = tables.items() | first -%}
    {%- set place = source_name ~ "." ~ table ~ ": nothing at " ~ relation ~ "." -%}
    {%- set vars = "set the vars raw_dir, raw_location and raw_schema to where the data are" -%}
    {%- if tables | length > 1 -%}
        {%- set others = tables.keys() | reject("equalto", table) | join(", ") -%}
        {%- set place = place ~ " Neither is there " ~ others ~ "." -%}
    {%- endif -%}
    {%- set strangers = _sources_loaded() | reject("in", var("sources") + ["loads"]) | join(", ") -%}
    {%- if strangers -%}
        {%- set place = place ~ " The raw area holds loads of " ~ strangers
            ~ ": where that is the usage you mean, name it in var sources instead." -%}
    {%- endif -%}
    {%- if var(source_name ~ "_tables", none) is none -%}
        {{ return(
            place ~ " Load a file with scripts/load_raw.py, write the demo's data with `make demo`, "
            ~ "or " ~ vars ~ "; docs/loading.md says what a table of your own must hold."
        ) }}
    {%- endif -%}
    {{ return(
        place ~ " Load the exported tables with scripts/load_raw.py FOLDER --source " ~ source_name
        ~ ", or " ~ vars ~ "; where your tables have other names, give them in var " ~ source_name
        ~ "_tables, such as {usage_logs: llms_usage_logs}; without such an application, leave "
        ~ source_name ~ " out of var sources."
    ) }}
{% endmacro %}

{#- Sentences, one per difference between a table's declaration and what is there. Where columns
    vary with the version of the application, only a required one must be there, and one that
    nobody declared is named in a warning. -#}
{% macro _raw_column_problems(node, relation, found) %}
    {%- set problems = [] -%}
    {%- set name = node.source_name ~ "." ~ node.name -%}
    {%- set varies = (node.config.meta or {}).get("unknown_columns") == "warn" -%}
    {%- set load_again = "Load the file again with scripts/load_raw.py" -%}
    {%- for column in stored_columns(node) -%}
        {%- set type = found.get(column.name) -%}
        {%- set meta = column.config.meta or {} -%}
        {%- set may_be_missing = varies and not (meta.required or meta.written_by_loader) -%}
        {%- if type is none and not may_be_missing -%}
            {%- do problems.append(
                name ~ "." ~ column.name ~ ": the column is missing in " ~ relation
                ~ "; it has " ~ found.keys() | join(", ") ~ ". " ~ load_again ~ ", which "
                ~ "writes every declared column, or add it to your table as "
                ~ column.data_type ~ "."
            ) -%}
        {%- elif type is not none and type.split("(")[0] not in _names_of(column.data_type) -%}
            {%- set zone = " (an instant needs its zone)" -%}
            {%- do problems.append(
                name ~ "." ~ column.name ~ ": the type is " ~ type ~ ", declared is "
                ~ column.data_type ~ (zone if column.data_type == "timestamptz" else "")
                ~ ". " ~ load_again ~ ", or change the type in your table."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set unknown = found.keys() | reject("in", node.columns) | join(", ") -%}
    {%- if varies and unknown -%}
        {%- do exceptions.warn(
            name ~ ": " ~ relation ~ " has columns that nobody declared, and that are not read: "
            ~ unknown ~ ". Declare the ones you need in " ~ node.original_file_path ~ "."
        ) -%}
    {%- endif -%}
    {{ return(problems) }}
{% endmacro %}

{#- An engine's names of a declared type, without length or precision. -#}
{% macro _names_of(data_type) %}
    {%- set names = [] -%}
    {%- for name in raw_types()[data_type] -%}
        {%- do names.append(name.split("(")[0]) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}
