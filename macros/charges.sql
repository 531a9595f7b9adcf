{#- What usage is charged with: list, contract and resale prices of each meter. -#}

{#- The meters that are kinds of tokens: the tokens of an attempt, and the price sheet's column and flag. -#}
{% macro token_meters() %}
    {{ return({
        "input": {"tokens": "uncached_input_tokens", "price": "input_price"},
        "cache_read": {
            "tokens": "cache_read_input_tokens",
            "price": "cache_read_input_price",
            "fallback": "is_cache_read_fallback",
        },
        "cache_write_5m": {
            "tokens": "cache_write_5m_input_tokens",
            "price": "cache_write_5m_input_price",
            "fallback": "is_cache_write_5m_fallback",
        },
        "cache_write_1h": {
            "tokens": "cache_write_1h_input_tokens",
            "price": "cache_write_1h_input_price",
            "fallback": "is_cache_write_1h_fallback",
        },
        "input_audio": {"tokens": "audio_input_tokens", "price": "audio_input_price"},
        "output": {
            "tokens": "(output_tokens - reasoning_output_tokens - audio_output_tokens)",
            "price": "output_price",
        },
        "reasoning": {
            "tokens": "reasoning_output_tokens",
            "price": "reasoning_output_price",
            "fallback": "is_reasoning_fallback",
        },
        "output_audio": {"tokens": "audio_output_tokens", "price": "audio_output_price"},
    }) }}
{% endmacro %}

{#- `contract` or `resale`, what the name of a price book starts with; NULL for any other book. -#}
{% macro price_book_kind(price_book) -%}
    case
        when {{ price_book }} like 'contract:_%' then 'contract'
        when {{ price_book }} like 'resale:_%' then 'resale'
    end
{%- endmacro %}

{#- Of each row of attempts and each kind of tokens that it has: quantity, what of it is billable, requests.
    One pass over the attempts; the rows of the sums are few. -#}
{% macro summed_by_token_meter(relation, grain) -%}
    {%- set meters = token_meters() -%}
    select
        {{ prefixed("sums", grain) | join(", ") }},
        meters.meter,
        case meters.meter
            {%- for meter in meters %}
            when '{{ meter }}' then sums.{{ meter }}_quantity
            {%- endfor %}
        end as quantity,
        case meters.meter
            {%- for meter in meters %}
            when '{{ meter }}' then sums.{{ meter }}_billable_quantity
            {%- endfor %}
        end as billable_quantity,
        case meters.meter
            {%- for meter in meters %}
            when '{{ meter }}' then sums.{{ meter }}_requests
            {%- endfor %}
        end as requests,
        sums.restated_at
    from (
        select
            {{ grain | join(", ") }},
            {%- for meter, bucket in meters.items() %}
            cast(sum({{ bucket.tokens }}) as bigint) as {{ meter }}_quantity,
            cast(sum(case when billing_status = 'billable' then {{ bucket.tokens }} else 0 end) as bigint)
                as {{ meter }}_billable_quantity,
            count(case when {{ bucket.tokens }} > 0 then 1 end) as {{ meter }}_requests,
            {%- endfor %}
            max(restated_at) as restated_at
        from {{ relation }}
        group by {{ grain | join(", ") }}
    ) as sums
    cross join (
        {%- for meter in meters %}
        select '{{ meter }}' as meter
        {%- if not loop.last %} union all{% endif %}
        {%- endfor %}
    ) as meters
{%- endmacro %}

{#- Price of one unit in an agreed book: its own, else the list price times its factor, else the list price
    where the book is in USD. A price that stands in for another (a parent's) counts only where the
    list has none of its own either. -#}
{% macro agreed_unit_price(items, kind, currency) -%}
    case
        when {{ kind }}_prices.unit_price is not null
            and ({{ items }}.is_fallback or not {{ kind }}_prices.is_fallback)
            then {{ kind }}_prices.unit_price
        when {{ kind }}_factors.factor is not null
            then cast(
                {{ items }}.unit_price * cast({{ kind }}_factors.factor as {{ type_price_factor() }})
                as {{ type_unit_price() }}
            )
        when {{ currency }} = 'USD' then {{ items }}.unit_price
    end
{%- endmacro %}

{#- Join condition: the price of an agreed book for a day's usage at one list price. -#}
{% macro is_agreed_price(items, prices, book) -%}
    {{ items }}.{{ book }} = {{ prices }}.price_book
    and {{ equal_on(items, prices, ["provider_id", "model_id", "service_tier", "meter"]) }}
    and {{ items }}.region = {{ prices }}.region_class
    and {{ items }}.context_tokens_from >= {{ prices }}.context_tokens_from
    and {{ items }}.context_tokens_from < {{ prices }}.context_tokens_to
    and {{ items }}.week_minute_from >= {{ prices }}.week_minute_from
    and {{ items }}.week_minute_from < {{ prices }}.week_minute_to
    and {{ is_of_period(items, prices) }}
{%- endmacro %}

{#- Join condition: the factor of an agreed book for a day's usage of a model. -#}
{% macro is_agreed_factor(items, factors, book) -%}
    {{ items }}.{{ book }} = {{ factors }}.price_book
    and {{ equal_on(items, factors, ["provider_id", "model_id"]) }}
    and {{ is_of_period(items, factors) }}
{%- endmacro %}

{#- Condition: a usage date is within a period of whole UTC days. -#}
{% macro is_of_period(days, periods) -%}
    {{ days }}.usage_date >= {{ periods }}.valid_from
    and {{ days }}.usage_date < {{ periods }}.valid_to
{%- endmacro %}

{#- Calendar date of an attempt in its billing account's zone, else its reporting date. -#}
{% macro billing_date(attempts, terms) -%}
    {%- set usage_at = "coalesce(" ~ attempts ~ ".started_at, " ~ attempts ~ ".ended_at)" -%}
    case
        when {{ terms }}.billing_timezone is null then {{ attempts }}.reporting_date
        else cast({{ utc_to_local(usage_at, terms ~ ".billing_timezone") }} as date)
    end
{%- endmacro %}

{#- Condition: a meter is a kind of tokens. -#}
{% macro is_token_meter(meter) -%}
    {{ meter }} in ('{{ token_meters().keys() | join("', '") }}')
{%- endmacro %}
