{#- The only place where money is typed: docs/decisions/0002-exact-decimals.md. -#}

{% macro type_unit_price() %}decimal(18, 15){% endmacro %}

{% macro type_cost() %}decimal(28, 15){% endmacro %}

{% macro type_cost_sum() %}decimal(38, 15){% endmacro %}

{#- An exact whole number of so many digits, where an integer has too few. -#}
{% macro type_whole(digits) %}decimal({{ digits }}, 0){% endmacro %}

{#- A billed quantity as reported, before it is known to be a whole number. -#}
{% macro type_quantity() %}decimal(28, 9){% endmacro %}

{#- 19 digits push DuckDB past its 18-digit int64 decimals, so price x factor cannot overflow. -#}
{% macro type_price_factor() %}decimal(19, 4){% endmacro %}

{#- A factor as a whole number, for hashing. -#}
{% macro ten_thousandths(factor) -%}
    cast({{ factor }} * cast(10000 as decimal(19, 0)) as bigint)
{%- endmacro %}

{% macro type_ratio() %}decimal(28, 6){% endmacro %}

{#- A ratio for people to read, in hundredths of itself or of a percent. -#}
{% macro type_percent() %}decimal(5, 2){% endmacro %}

{#- 19 digits push DuckDB past its 18-digit int64 decimals, so the product cannot overflow. -#}
{% macro token_cost(tokens, unit_price) -%}
    cast(cast({{ tokens }} as decimal(19, 0)) * {{ unit_price }} as {{ type_cost() }})
{%- endmacro %}

{#- NULL when there are tokens but no price; 0 when there is nothing to price. -#}
{% macro component_cost(tokens, unit_price) -%}
    case
        when {{ tokens }} = 0 then {{ zero_cost() }}
        else {{ token_cost(tokens, unit_price) }}
    end
{%- endmacro %}

{% macro zero_cost() %}cast(0 as {{ type_cost() }}){% endmacro %}

{#- Adding decimals widens them, on Spark past 38 digits; the cast back keeps the next addition
    exact. -#}
{% macro add_costs(costs) -%}
    cast({{ costs | join(" + ") }} as {{ type_cost() }})
{%- endmacro %}

{#- Columns that are sums are narrowed first: two full-width decimals lose a digit on Spark. -#}
{% macro add_cost_sums(sums) -%}
    cast(
        {%- for column in sums %}
        cast({{ column }} as {{ type_cost() }}){% if not loop.last %} +{% endif %}
        {%- endfor %}
        as {{ type_cost_sum() }}
    )
{%- endmacro %}

{% macro sum_cost(cost) -%}
    cast(sum({{ cost }}) as {{ type_cost_sum() }})
{%- endmacro %}

{#- A price as a whole number, for hashing: engines print decimals differently. -#}
{% macro femto_dollars(unit_price) -%}
    cast({{ unit_price }} * cast(1000000000000000 as decimal(19, 0)) as bigint)
{%- endmacro %}

{#- The share part / whole of a cost, cut after 15 digits; a quotient of whole numbers, so that no
    float decides a digit. Costs up to 10^8 USD. -#}
{% macro share_of_cost(cost, part, whole) -%}
    {%- set femto = "cast(" ~ cost ~ " as " ~ type_cost() ~ ") * cast(1000000000000000 as decimal(19, 0))" -%}
    cast(
        cast({{ whole_share(femto, part, whole) }} as decimal(28, 0))
        * cast('0.000000000000001' as decimal(16, 15))
        as {{ type_cost() }}
    )
{%- endmacro %}

{#- What is left of a binary float's noise once a cost has 15 digits: a trillionth of a dollar. -#}
{% macro is_float_noise(found, expected) -%}
    abs({{ found }} - {{ expected }}) < 0.000000000001
{%- endmacro %}

{#- Whether a source rounded the cost to six digits, half of them either way. -#}
{% macro is_rounded(found, expected) -%}
    ({{ found }} = round({{ found }}, 6) and abs({{ found }} - {{ expected }}) <= 0.0000005)
{%- endmacro %}

{#- For people, not for further arithmetic: USD per million tokens, rounded to six digits. -#}
{% macro usd_per_million(cost, tokens) -%}
    {{ ratio("cast(" ~ cost ~ " as " ~ type_double() ~ ") * 1000000", tokens) }}
{%- endmacro %}

{#- A quotient for people: approximate, NULL when there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
    cast(
        cast({{ numerator }} as {{ type_double() }})
        / nullif(cast({{ denominator }} as {{ type_double() }}), 0)
        as {{ type_ratio() }}
    )
{%- endmacro %}

{#- Types that a column of this name may be built with; none where it holds no money. -#}
{% macro money_types(column_name) %}
    {%- set exact = {
        "price": [type_unit_price()],
        "cost": [type_cost(), type_cost_sum()],
    } -%}
    {%- set last_word = column_name.split("_")[-1] -%}
    {%- if "usd_per_" in column_name or "cost_per_" in column_name and not column_name.endswith("_key") -%}
        {{ return([type_ratio() | replace(" ", "")]) }}
    {%- elif last_word in exact and not column_name.startswith(("has_", "is_")) -%}
        {{ return(exact[last_word] | map("replace", " ", "") | list) }}
    {%- endif -%}
    {{ return([]) }}
{% endmacro %}
