{% snapshot snap_synapscale__llms %}

{{ config(
    enabled='synapscale' in var('sources'),
    schema='snapshots',
    unique_key='app_llm_id',
    strategy='timestamp',
    updated_at='updated_at',
) }}

with newest as (

    {{ newest_rows(
        ref('stg_synapscale__llms'), 'app_llm_id', ties=['provider_name', 'model_name']
    ) }}

),

priced as (

    select
        app_llm_id,
        provider_name,
        model_name,
        is_active,
        input_price,
        output_price,
        created_at,
        updated_at,
        _loaded_at,
        _batch_id
    from newest

)

select * from priced

{% endsnapshot %}
