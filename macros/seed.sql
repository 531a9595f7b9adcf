{#- dbt reads every seed and writes it anew in every build, the price list of thousands of rows among
    them: one whose file is as it was stays. dbt's own materialization commits by itself, so what is
    noted of the old rows is forgotten before it. -#}
{% materialization seed, default %}
    {%- if is_unchanged("table") and not invocation_args_dict.get("show") -%}
        {#- dbt asks a seed for its rows, to show them. -#}
        {%- do store_raw_result("agate_table", message="UNCHANGED") -%}
        {{ return(keep_unchanged("table")) }}
    {%- endif -%}
    {%- do forget_made() -%}
    {%- set built = dbt.materialization_seed_default() -%}
    {%- do note_made_by_itself() -%}
    {{ return(built) }}
{% endmaterialization %}
