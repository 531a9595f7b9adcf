{% set content = ['provider_name', 'model_name', 'is_active', 'input_price', 'output_price'] %}
{% set columns = (
    ['app_llm_id'] + content + ['created_at', 'updated_at', '_loaded_at', '_batch_id']
) %}
{% set version_order = 'updated_at nulls first, _loaded_at, _batch_id, version_text' %}

-- Raw history holds every version received; the snapshot those of a raw area that was lost.
with received as (

    select {{ columns | join(', ') }}
    from {{ ref('stg_synapscale__llms') }}
    where app_llm_id is not null
    union
    select {{ columns | join(', ') }}
    from {{ ref('snap_synapscale__llms') }}

),

worded as (

    select
        *,
        {{ key_text(content) }} as version_text
    from received

),

compared as (

    select
        *,
        row_number() over in_order as version_number,
        lag(version_text) over in_order as version_text_before,
        lag(updated_at) over in_order as updated_at_before
    from worded
    window in_order as (partition by app_llm_id order by {{ version_order }})

),

-- A first version is believed since the row was made. A price that changed without its `updated_at`
-- counts from when it was seen.
dated as (

    select
        *,
        case
            when version_number = 1 then least(created_at, coalesce(updated_at, _loaded_at))
            when coalesce(updated_at > updated_at_before, updated_at is not null) then updated_at
            else _loaded_at
        end as changed_at
    from compared
    where version_text is distinct from version_text_before

),

followed as (

    select
        *,
        coalesce(
            min(changed_at) over (
                partition by app_llm_id
                order by version_number
                rows between 1 following and unbounded following
            ),
            {{ end_of_time() }}
        ) as next_changed_at
    from dated

),

versions as (

    select
        {{ columns | join(',\n        ') }},
        changed_at as valid_from,
        next_changed_at as valid_to
    from followed
    where changed_at < next_changed_at

)

select * from versions
