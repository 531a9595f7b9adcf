{#- What a source says about one attempt, as received; versions of an attempt differ in these. -#}
{% macro usage_payload_columns() %}
    {{ return([
        "event_id", "attempt_number", "started_at", "ended_at",
        "provider_name", "request_model", "response_model", "service_tier", "region", "environment",
        "reported_input_tokens", "input_semantics",
        "cache_read_input_tokens", "cache_write_5m_input_tokens", "cache_write_1h_input_tokens",
        "audio_input_tokens", "output_tokens", "reasoning_output_tokens", "audio_output_tokens",
        "other_meters", "tenant_id", "workspace_id", "user_id", "agent_id", "conversation_id",
        "message_id", "workflow_execution_id", "api_key_ref", "credential_owner", "status",
        "is_stream", "response_cache_hit", "latency_ms", "time_to_first_token_ms",
        "reported_cost", "reported_currency", "reported_cost_kind", "tags",
    ]) }}
{% endmacro %}

{#- Every column of `int_llm_usage_history`. -#}
{% macro usage_history_columns() %}
    {{ return(
        [
            "source_system", "source_instance", "source_record_id", "attempt_hash",
            "source_updated_at",
        ]
        + usage_payload_columns()
        + [
            "usage_at", "time_basis", "usage_date", "reporting_date",
            "uncached_input_tokens", "input_tokens", "rejection_reason",
            "_loaded_at", "_batch_id",
        ]
    ) }}
{% endmacro %}

{#- Hash of what names an attempt: a candidate key within one run, compared before it is believed. -#}
{% macro attempt_hash(relation=none) -%}
    {%- set names = ["source_system", "source_instance", "event_id", "attempt_number"] -%}
    {{ row_hash(prefixed(relation, names) if relation else names) }}
{%- endmacro %}

{#- Each source that var `sources` may name, with the model that yields its usage and the raw table
    that it comes from. -#}
{% macro usage_source_models() %}
    {{ return({
        "events": "stg_events__llm_usage",
        "synapscale": "int_synapscale_usage_described",
    }) }}
{% endmacro %}

{% macro usage_source_tables() %}
    {{ return({"events": "llm_usage_events", "synapscale": "usage_logs"}) }}
{% endmacro %}

{#- Sources whose prices, and whose attributes of an attempt, stand in other tables than their usage; of
    those that var `sources` names. -#}
{% macro application_sources() %}
    {%- set known = ["synapscale"] -%}
    {%- if model.resource_type == "unit_test" -%}{{ return(known) }}{%- endif -%}
    {{ return(known | select("in", var("sources")) | list) }}
{% endmacro %}

{#- Whether a batch of `stg_loads__batches` brought usage of a source that var `sources` names. -#}
{% macro is_usage_batch() -%}
    {%- set tables = usage_source_tables() -%}
    source_name || '.' || table_name in (
        {%- for source_name in tables if source_name in var("sources") %}
        '{{ source_name }}.{{ tables[source_name] }}'
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )
{%- endmacro %}

{#- The price book of a source instance: var `list_book_by_source_instance`, else `list`. -#}
{% macro list_book(source_instance) -%}
    {%- set books = var("list_book_by_source_instance") -%}
    {%- if books -%}
    case {{ source_instance }}
        {%- for instance, book in books.items() %}
        when '{{ dbt.escape_single_quotes(instance) }}' then '{{ dbt.escape_single_quotes(book) }}'
        {%- endfor %}
        else 'list'
    end
    {%- else -%}
    'list'
    {%- endif -%}
{%- endmacro %}

{#- Condition: the source said in USD what the attempt cost. -#}
{% macro in_reported_usd() -%}
    reported_cost is not null and reported_currency = 'USD'
{%- endmacro %}

{#- Sum of the token buckets whose cost is NULL; `buckets` maps a token column to its cost column.
    -#}
{% macro unpriced_tokens(buckets) -%}
    (
        {%- for tokens, cost in buckets.items() %}
        case when {{ cost }} is null then {{ tokens }} else 0 end
        {%- if not loop.last %} +{% endif %}
        {%- endfor %}
    )
{%- endmacro %}

{#- Token counts as a source reported them. -#}
{% macro reported_count_columns() %}
    {{ return([
        "reported_input_tokens", "cache_read_input_tokens", "cache_write_5m_input_tokens",
        "cache_write_1h_input_tokens", "audio_input_tokens", "output_tokens",
        "reasoning_output_tokens", "audio_output_tokens",
    ]) }}
{% endmacro %}

{#- The reported counts as text, so that a refused row keeps what no number could hold. -#}
{% macro reported_counts_as_text() -%}
    {%- for column in reported_count_columns() %}
    {{ dbt.cast(column, dbt.type_string()) }} as reported_{{ column | replace("reported_", "") }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}
