{#- Kinds of tokens as meters: what charges are counted in. -#}

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

{#- Condition: a meter is a kind of tokens. -#}
{% macro is_token_meter(meter) -%}
    {{ meter }} in ('{{ token_meters().keys() | join("', '") }}')
{%- endmacro %}

{#- Name of a meter as reported; one that is named like a kind of tokens is none of these. -#}
{% macro other_meter(reported) -%}
    case
        when {{ is_token_meter("lower(trim(" ~ reported ~ "))") }}
            then 'other_' || lower(trim({{ reported }}))
        else lower(trim({{ reported }}))
    end
{%- endmacro %}

{#- Of each row of attempts and each kind of tokens that it has: quantity, what of it is billable, requests.
    One pass over the attempts; the rows of the sums are few. -#}
{% macro summed_by_token_meter(relation, grain) -%}
    {%- set meters = token_meters() -%}
    select
        {{ prefixed("sums", grain + ["attempts_key"]) | join(", ") }},
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
            {{ stable_key(grain) }} as attempts_key,
            {%- for meter, bucket in meters.items() %}
            {{ sum_billable(bucket.tokens, meter ~ "_") }},
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

{#- Sums of a quantity of attempts: the whole, and what is billable. -#}
{% macro sum_billable(quantity, prefix="") -%}
    cast(sum({{ quantity }}) as bigint) as {{ prefix }}quantity,
    cast(sum(case when billing_status = 'billable' then {{ quantity }} else 0 end) as bigint)
        as {{ prefix }}billable_quantity
{%- endmacro %}
