{#- PostgreSQL keeps dbt's own incremental models: what its tables and views do themselves, hooks do for
    them, in the same transaction. So does Spark what is only appended to, but a note is a statement
    more there, and nothing asks for it. Configuration of an incremental model. -#}
{% macro hooks_of_incremental() %}
    {{ return(adapter.dispatch("hooks_of_incremental")()) }}
{% endmacro %}

{% macro default__hooks_of_incremental() %}{{ return({}) }}{% endmacro %}

{% macro postgres__hooks_of_incremental() %}
    {{ return({
        "pre_hook": "{{ postgres__before_model() }}",
        "post_hook": "{{ note_made() }}",
    }) }}
{% endmacro %}
