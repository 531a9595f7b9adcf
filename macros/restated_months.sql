{#- A model that computes its months one after the other: its own statement takes one month or none, and
    a hook inserts what is left, in the same transaction. -#}

{#- Condition on no row, in place of which the hook puts each month. -#}
{% macro of_no_month() %}'one month' = 'after the other'{% endmacro %}

{#- Whether the current model leaves these months to the hook; none are all that its parent has. -#}
{% macro leaves_months_to_hook(months) %}
    {%- if not execute or model.resource_type == "unit_test" -%}{{ return(false) }}{%- endif -%}
    {{ return(config.get("meta")["restated_by"].months_apart and (months is none or months | length > 1)) }}
{% endmacro %}

{#- Post-hook: inserts each month whose stamp differs from the parent's. -#}
{% macro insert_restated_months() %}
    {%- if execute and of_no_month() in compiled_code -%}
        {%- for month in _restated_keys() -%}
            {%- do run_query(
                "insert into " ~ this ~ " by name ("
                ~ compiled_code | replace(of_no_month(), is_of_month(month)) ~ ")"
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
