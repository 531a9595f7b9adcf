{#- Open end of a half-open range of instants. -#}
{% macro end_of_time() %}cast('9999-12-31' as timestamp){% endmacro %}

{#- Start of a period without one: before any usage. -#}
{% macro start_of_time() %}cast('1970-01-01' as timestamp){% endmacro %}

{#- The one clock: var `as_of`, else the end of the newest usage day not later than the run's
    start. -#}
{% macro as_of() -%}
    {%- if var("as_of") -%}
    cast('{{ dbt.escape_single_quotes(var("as_of") | string) }}' as timestamp)
    {%- else -%}
    (
        select cast({{ dbt.dateadd("day", 1, "max(usage_date)") }} as timestamp)
        from {{ ref("fct_llm_usage") }}
        where usage_date <= cast('{{ run_started_at.strftime("%Y-%m-%d") }}' as date)
    )
    {%- endif -%}
{%- endmacro %}

{#- Calendar date of a UTC instant in var `reporting_timezone`. -#}
{% macro reporting_date(utc_instant) -%}
    {%- if var("reporting_timezone") == "UTC" -%}
    cast({{ utc_instant }} as date)
    {%- else -%}
    {%- set timezone = "'" ~ dbt.escape_single_quotes(var("reporting_timezone")) ~ "'" -%}
    cast({{ utc_to_local(utc_instant, timezone) }} as date)
    {%- endif -%}
{%- endmacro %}

{% macro next_day(instant) -%}
    cast({{ dbt.dateadd("day", 1, "cast(" ~ instant ~ " as date)") }} as date)
{%- endmacro %}

{% macro month_of(date) %}cast({{ dbt.date_trunc("month", date) }} as date){% endmacro %}

{#- Minutes since Monday 00:00 UTC, 0 to 10079. -#}
{% macro week_minute(utc_instant) -%}
    cast(
        ({{ iso_weekday(utc_instant) }} - 1) * 1440
        + extract(hour from {{ utc_instant }}) * 60
        + extract(minute from {{ utc_instant }})
        as integer
    )
{%- endmacro %}

{% macro run_started() -%}
    cast('{{ stamp_after(none) }}' as timestamp)
{%- endmacro %}

{#- The run's start, or a microsecond after `last` where that is not later. -#}
{% macro stamp_after(last) %}
    {%- set stamp = run_started_at.replace(tzinfo=none) -%}
    {%- if last is not none -%}
        {%- set last = modules.datetime.datetime.fromisoformat(last | string) -%}
        {%- set stamp = [stamp, last + modules.datetime.timedelta(microseconds=1)] | max -%}
    {%- endif -%}
    {{ return(stamp.strftime("%Y-%m-%d %H:%M:%S.%f")) }}
{% endmacro %}

{#- Instant of this run as its fact's stamp: later than every stamp there is, also where a clock was
    set back. -#}
{% macro new_restated_at() -%}
    {%- set fact = _kept("fct_llm_usage") if model.resource_type != "unit_test" -%}
    {%- set last = none -%}
    {%- if fact -%}
        {%- set last = run_query("select max(restated_at) from " ~ fact).columns[0].values()[0] -%}
    {%- endif -%}
    cast('{{ stamp_after(last) }}' as timestamp)
{%- endmacro %}
