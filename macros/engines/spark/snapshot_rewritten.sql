{#- Parts of a snapshot that is written anew beside the old one: macros/engines/snapshot.sql. -#}

{% macro table_beside(relation, ending) %}
    {{ return(relation.incorporate(path={"identifier": relation.identifier ~ ending})) }}
{% endmacro %}

{#- A rewritten table without the snapshot is one whose run was killed before it was renamed; beside
    the snapshot it may be half written. -#}
{% macro finish_interrupted_swap(target_relation, rewritten) %}
    {%- if load_relation(rewritten) is not none -%}
        {%- if load_relation(target_relation) is none -%}
            {%- do adapter.rename_relation(rewritten, target_relation) -%}
        {%- else -%}
            {%- do adapter.drop_relation(rewritten) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro add_columns_of(changes, existing) %}
    {%- set missing = [] -%}
    {%- for column in adapter.get_missing_columns(changes, existing) -%}
        {%- set name = column.name | lower -%}
        {%- if name != "dbt_change_type" and not name.startswith("dbt_unique_key") -%}
            {%- do missing.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do create_columns(existing, missing) -%}
{% endmacro %}

{#- The snapshot's rows, ended where a change says so, and the new ones. -#}
{% macro snapshot_with(changes, existing, names) -%}
    {%- set columns = adapter.get_columns_in_relation(existing) | map(attribute="name") | list -%}
    {%- set current = config.get("dbt_valid_to_current") -%}
    select
        {%- for column in columns %}
        {%- if column == names.dbt_valid_to %}
        coalesce(ended.{{ column }}, known.{{ column }}) as {{ column }}
        {%- else %}
        known.{{ adapter.quote(column) }}
        {%- endif %}
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ existing }} as known
    left join {{ changes }} as ended
        on
            known.{{ names.dbt_scd_id }} = ended.{{ names.dbt_scd_id }}
            and ended.dbt_change_type in ('update', 'delete')
            and (
                known.{{ names.dbt_valid_to }} is null
                {%- if current %} or known.{{ names.dbt_valid_to }} = {{ current }}{% endif %}
            )
    union all
    select
        {%- for column in columns %}
        added.{{ adapter.quote(column) }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ changes }} as added
    left anti join {{ existing }} as known
        on added.{{ names.dbt_scd_id }} = known.{{ names.dbt_scd_id }}
    where added.dbt_change_type = 'insert'
{%- endmacro %}
