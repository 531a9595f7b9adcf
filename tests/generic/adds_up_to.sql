{% test adds_up_to(model, parent, keys, measures, where=none) %}

-- Totals of a mart and of what it is summed from must agree for every combination of `keys`: a
-- wrong key moves money between people as silently as a wrong sum loses it. `keys` maps each column
-- of the mart to the expression over the parent that it must equal. Nothing compared is a failure.
with found as (

    select
        {% for column in keys %}
        {{ column }},
        {% endfor %}
        {{ sum_additive(measures) }}
    from {{ model }}
    where {{ where or 'true' }} and {{ is_tested_of(keys.keys()) }}
    group by {{ keys.keys() | join(', ') }}

),

expected as (

    select
        {% for column, expression in keys.items() %}
        {{ expression }} as {{ column }},
        {% endfor %}
        {{ sum_additive(measures) }}
    from {{ parent }}
    where {{ is_tested_of(keys.keys(), keys) }}
    group by {{ keys.values() | join(', ') }}

),

compared as (

    select
        {% for measure in measures %}
        expected.{{ measure }} as expected_{{ measure }},
        found.{{ measure }} as found_{{ measure }},
        {% endfor %}
        coalesce(
            {{ key_text(prefixed('expected', keys.keys())) }},
            {{ key_text(prefixed('found', keys.keys())) }}
        ) as place
    from expected
    full outer join found
        on {{ equal_on('expected', 'found', keys.keys()) }}

)

{{ differences('compared', 'place', paired(measures, 'expected', 'found')) }}

{% endtest %}
