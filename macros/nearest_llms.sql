{#- Which LLMs of the catalogue have a name like a given one: for people to choose from, never a
    price. Likeness is Dice's: twice the trigrams that two names share, over those that both have. -#}

{#- The part of a name that tells models apart: what stands after the last slash. -#}
{% macro compared_name(name) -%}
    substr(regexp_replace({{ name }}, '^.*/', ''), 1, {{ _compared_characters() }})
{%- endmacro %}

{% macro _compared_characters() %}{{ return(64) }}{% endmacro %}

{#- One row per row of a relation and different group of three neighbouring characters in its column
    `compared_name`, with their number. -#}
{% macro trigrams_of(relation, columns) -%}
    select
        {{ columns | join(", ") }},
        compared_name,
        trigram,
        count(*) over (partition by {{ columns | join(", ") }}, compared_name) as trigrams
    from (
        select distinct
            {{ columns | join(", ") }},
            compared_name,
            substr('  ' || compared_name || ' ', starts.at_character, 3) as trigram
        from {{ relation }}
        inner join (
            values {% for n in range(1, _compared_characters() + 2) -%}
            ({{ n }}){% if not loop.last %}, {% endif %}
            {%- endfor %}
        ) as starts (at_character)
            on starts.at_character <= length(compared_name) + 1
    ) as parts
{%- endmacro %}

{#- The three LLMs whose names are likest to each name asked, the likest first: of two that are as like
    one of the provider that reported the name. Names below six tenths are not alike. -#}
{% macro nearest_llms(asked, listed) -%}
    with asked_trigrams as (

        {{ trigrams_of(asked, ["llm_id", "provider_id"]) }}

    ),

    compared as (

        select
            asked.llm_id,
            listed.llm_id as suggested_llm_id,
            {{ ratio("2 * count(*)", "min(asked.trigrams) + min(listed.trigrams)") }} as likeness,
            case when asked.provider_id = listed.provider_id then 0.1 else 0 end as preference
        from asked_trigrams as asked
        inner join {{ listed }} as listed
            on asked.trigram = listed.trigram
        group by
            asked.llm_id,
            asked.provider_id,
            listed.llm_id,
            listed.provider_id,
            listed.compared_name

    ),

    -- An LLM is as near as the nearest of its names.
    near as (

        select
            llm_id,
            suggested_llm_id,
            row_number() over (
                partition by llm_id order by max(likeness + preference) desc, suggested_llm_id
            ) as place
        from compared
        where likeness >= 0.6
        group by llm_id, suggested_llm_id

    )

    select
        llm_id,
        concat_ws(
            ', ',
            max(case when place = 1 then suggested_llm_id end),
            max(case when place = 2 then suggested_llm_id end),
            max(case when place = 3 then suggested_llm_id end)
        ) as suggested_llm_ids
    from near
    group by llm_id
{%- endmacro %}
