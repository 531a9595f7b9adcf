{#- What usage was priced with when it was last computed, for finding the dates that today's prices
    change. -#}

{#- What each date's attempts were called and priced with. A run that ended between the fact and
    `llm_prices_used` left dates that only the fact knows. -#}
{% macro prices_as_built() -%}
    {%- set names = [
        "usage_date", "price_book", "price_sheet_key", "provider_name", "provider_id", "model_id",
        "service_tier", "region",
    ] -%}
    {%- set fact, used = _kept("fct_llm_usage"), _kept("llm_prices_used") -%}
    {%- if fact is none -%}
    select
        {{ typed_null("date") }} as usage_date,
        {%- for name in names[1:] + ["reported_model"] %}
        {{ typed_null("text") }} as {{ name }},
        {%- endfor %}
        {{ typed_null("timestamp") }} as first_usage_at,
        {{ typed_null("timestamp") }} as last_usage_at
    where false
    {%- else -%}
    {%- set model = "coalesce(response_model, request_model)" -%}
    {%- set usage_at = "coalesce(started_at, ended_at)" -%}
    {%- set missed = dates_computed_since(used) if used else none -%}
    {%- if used %}
    select {{ (names + ["reported_model", "first_usage_at", "last_usage_at"]) | join(", ") }}
    from {{ used }}
    where not ({{ is_one_of_dates("usage_date", missed) }})
    union all
    {%- endif %}
    select
        {{ names | join(", ") }},
        {{ model }} as reported_model,
        min({{ usage_at }}) as first_usage_at,
        max({{ usage_at }}) as last_usage_at
    from {{ fact }}
    where {{ is_one_of_dates("usage_date", missed) }}
    group by {{ names | join(", ") }}, {{ model }}
    {%- endif -%}
{%- endmacro %}

{#- Usage dates whose rows in a table carry another stamp than their facts, as a list. -#}
{% macro dates_computed_since(relation) %}
    {{ return(run_query(
        "select coalesce(facts.restated_key, built.restated_key) as usage_date from ("
        ~ stamps_of_dates(as_built("fct_llm_usage")) ~ ") as facts full outer join ("
        ~ stamps_of_dates(relation) ~ ") as built on facts.restated_key = built.restated_key "
        ~ "where facts.restated_at is distinct from built.restated_at order by 1"
    ).columns[0].values() | list) }}
{% endmacro %}

{#- What each billed quantity was priced with; `meter` holds the columns that name it. -#}
{% macro meters_as_built(meter) -%}
    {%- set meters = _kept("int_llm_usage_meters") -%}
    {%- if meters is none -%}
    select
        {%- for name in meter + ["region"] %}
        {{ typed_null("text") }} as {{ name }},
        {%- endfor %}
        {{ typed_null("date") }} as usage_date,
        {{ typed_null("timestamp") }} as usage_at,
        {{ typed_null(type_unit_price()) }} as unit_price
    where false
    {%- else -%}
    select {{ meter | join(", ") }}, region, usage_date, usage_at, unit_price
    from {{ meters }}
    {%- endif -%}
{%- endmacro %}
