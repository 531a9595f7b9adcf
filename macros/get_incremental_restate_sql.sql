{#- Incremental strategy `restate`: whole dates or months are deleted and inserted anew in one
    transaction; one that has no rows any more goes, which dbt's own strategies would keep. -#}
{% macro get_incremental_restate_sql(arg_dict) %}
    {%- set columns = [] -%}
    {%- for column in arg_dict["dest_columns"] %}{% do columns.append(column.quoted) %}{% endfor -%}
    {%- set gone = restated_condition() -%}
    {%- if gone != "false" %}
    delete from {{ arg_dict["target_relation"] }} where {{ gone }};
    {%- endif %}
    insert into {{ arg_dict["target_relation"] }} ({{ columns | join(", ") }})
    select {{ columns | join(", ") }} from {{ arg_dict["temp_relation"] }};
{% endmacro %}

{#- Condition on the rows of the model that this run replaces. -#}
{% macro restated_condition() %}
    {%- set rule = config.get("meta")["restated_by"] -%}
    {%- if rule.keys_from -%}
        {%- if batches_received() is none -%}{{ return("true") }}{%- endif -%}
        {{ return(rule.key ~ " in (select " ~ rule.key ~ " from " ~ ref(rule.keys_from) ~ ")") }}
    {%- endif -%}
    {{ return(is_one_of_dates(rule.key, _dates_restated() if rule.parent is none else _restated_keys())) }}
{% endmacro %}
