{#- Text columns that may stand in a mart: ids, names of things, words of closed lists, and JSON
    whose names and values are counted, not written by people. A new one is a decision. -#}
{% macro text_columns_allowed() %}
    {%- set counts = [] -%}
    {%- for column in reported_count_columns() -%}
        {%- do counts.append("reported_" ~ column | replace("reported_", "")) -%}
    {%- endfor -%}
    {{ return(counts + [
        "agent_id", "agent_name", "api_key_ref", "batch_id", "billing_currency", "billing_status",
        "billing_timezone", "contract_book", "conversation_id", "cost_center", "credential_owner",
        "dbt_invocation_id", "difference_reason", "environment",
        "event_id", "file_name", "input_semantics", "llm_id", "load_mode", "message_id",
        "meter", "model_id", "model_name", "other_meters", "owner_user_id", "plan_id", "plan_name",
        "price_book", "pricing_status", "provider_id", "provider_name", "region",
        "rejection_reason", "reported_cost", "reported_cost_kind",
        "reported_currency", "reported_model", "request_model", "resale_book", "response_model",
        "restatement_reason", "restatement_rules", "role", "service_tier", "source_instance",
        "source_name", "source_record_id", "source_system", "status", "suggested_deployment",
        "suggested_llm_ids", "table_name", "tags", "tenant_id", "tenant_name", "time_basis",
        "timezone", "user_id", "user_label",
        "workflow_execution_id", "workspace_environment", "workspace_id", "workspace_name",
        "workspace_type",
    ]) }}
{% endmacro %}

{#- Cheap condition -> expression that it stands before: an e-mail address; an API key as providers
    issue them, a known prefix and a long tail. -#}
{% macro personal_data_patterns() %}
    {{ return({
        "value like '%@%.%'":
            "[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*[.][A-Za-z]{2,}",
        "length(value) >= 19":
            "(^|[^A-Za-z0-9])((sk|pk|rk|xai|gsk|pplx|hf|fw|nvapi|r8|ghp|glpat)[-_][A-Za-z0-9_-]*"
            ~ "[A-Za-z0-9]{16}|(AIza|AKIA|ya29[.]|eyJ)[A-Za-z0-9_-]{16})",
    }) }}
{% endmacro %}

{#- One row per text column of a relation: whether it may stand there, and how many different values
    look like personal data. Keys that this project hashes itself are not read. -#}
{% macro personal_data_in(relation) -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) if column.is_string() -%}
            {%- set name = column.name | lower -%}
            {%- if not name.endswith("_key") -%}{%- do columns.append(name) -%}{%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name in columns %}
    select
        '{{ relation.identifier }}.{{ name }}' as place,
        {{ "true" if name in text_columns_allowed() else "false" }}
            as is_allowed,
        count(*) as offending_values
    from (select distinct {{ name }} as value from {{ relation }}) as values_of_column
    where
        {%- for condition, pattern in personal_data_patterns().items() %}
        {{ "or " if not loop.first }}({{ condition }} and {{ text_matches("value", pattern) }})
        {%- endfor %}
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        '{{ relation.identifier }}' as place,
        true as is_allowed,
        0 as offending_values
    {%- endfor %}
{%- endmacro %}
