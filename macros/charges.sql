{#- What usage is charged with: list, contract and resale prices of each meter. -#}

{#- `contract` or `resale`, what the name of a price book starts with; NULL for any other book. -#}
{% macro price_book_kind(price_book) -%}
    case
        when {{ price_book }} like 'contract:_%' then 'contract'
        when {{ price_book }} like 'resale:_%' then 'resale'
    end
{%- endmacro %}

{#- Condition: usage is listed with the book. -#}
{% macro is_list_book(price_book) -%}
    {{ is_one_of(price_book, (var("list_book_by_source_instance").values() | list + ["list"]) | unique | sort) }}
{%- endmacro %}

{#- A quantity where it has no price, else 0. -#}
{% macro unpriced_part(quantity, unit_price) -%}
    case when {{ unit_price }} is null then {{ quantity }} else 0 end
{%- endmacro %}

{#- Billable quantities whose cost is not known, on either side. -#}
{% macro unpriced_quantities() -%}
    {%- for side in ["contracted", "billable"] %}
    case when {{ side }}_cost is null then coalesce(billable_quantity, 0) else 0 end
        as unpriced_{{ side }}_quantity
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}

{#- What is left of what is charged, USD; nothing is converted. -#}
{% macro margin(billable_cost, contracted_cost, currency) -%}
    case
        when {{ currency }} = 'USD' then {{ add_costs([billable_cost, "-" ~ contracted_cost]) }}
    end
{%- endmacro %}

{#- Price of one unit in an agreed book: its own, else the list price times its factor, else the list price
    where the book is in USD. A price that stands in for another (a parent's) counts only where the
    list has none of its own either. -#}
{% macro agreed_unit_price(items, kind, currency) -%}
    case
        when {{ kind }}_prices.unit_price is not null
            and (
                {{ items }}.unit_price is null
                or {{ items }}.is_fallback
                or not {{ kind }}_prices.is_fallback
            )
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

{#- Usage dates of the model at hand that are charged by other terms than today's. -#}
{% macro dates_on_other_terms() -%}
    select own.usage_date
    from (
        select distinct usage_date, tenant_id, workspace_id, charge_terms_key from {{ this }}
    ) as own
    left join {{ ref("charge_terms_daily") }} as terms
        on {{ equal_on("own", "terms", ["usage_date", "tenant_id", "workspace_id"]) }}
    where own.charge_terms_key <> coalesce(terms.charge_terms_key, 'list')
{%- endmacro %}
