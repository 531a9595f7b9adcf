with received as (

    {{ source_rows('synapscale', 'stg_synapscale__plans', {
        'plan_id': 'text',
        'plan_name': 'text',
        'plan_slug': 'text',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

newest as (

    {{ newest_rows('received', 'plan_id', ties=['plan_name', 'plan_slug']) }}

),

described as (

    select
        plan_id,
        plan_name,
        plan_slug
    from newest

)

select * from described
