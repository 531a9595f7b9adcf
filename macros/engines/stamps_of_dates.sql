{#- PostgreSQL reads every row of a table to group it: it steps from date to date through the index on
    `usage_date` and `restated_at`. When each usage date of a table was computed, as `restated_key`,
    `restated_at` and a constant `requests`. -#}
{% macro stamps_of_dates(relation) %}
    {{ return(adapter.dispatch("stamps_of_dates")(relation)) }}
{% endmacro %}

{% macro default__stamps_of_dates(relation) -%}
    select
        usage_date as restated_key,
        max(restated_at) as restated_at,
        0 as requests
    from {{ relation }}
    group by usage_date
{%- endmacro %}

{% macro postgres__stamps_of_dates(relation) -%}
    with recursive dates as (
        (
            select usage_date
            from {{ relation }}
            order by usage_date
            limit 1
        )
        union all
        select (
            select later.usage_date
            from {{ relation }} as later
            where later.usage_date > dates.usage_date
            order by later.usage_date
            limit 1
        )
        from dates
        where dates.usage_date is not null
    )

    select
        usage_date as restated_key,
        (
            select max(computed.restated_at)
            from {{ relation }} as computed
            where computed.usage_date = dates.usage_date
        ) as restated_at,
        0 as requests
    from dates
    where usage_date is not null
{%- endmacro %}
