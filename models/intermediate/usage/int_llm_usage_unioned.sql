-- depends_on: {{ ref('stg_loads__batches') }}
-- A batch that is not what the loader counted stops here, before it reaches a mart.

with unioned as (

    {% for source_name, model in usage_source_models().items() if source_name in var('sources') %}
    select
        source_system,
        source_instance,
        source_record_id,
        source_updated_at,
        {% for column in usage_payload_columns() %}
        {% if column == 'reported_input_tokens' %}input_tokens as {% endif %}{{ column }},
        {% endfor %}
        _loaded_at,
        _batch_id
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from unioned
