with source as (

    {{ raw_table('synapscale', 'message_feedbacks') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as message_feedback_id,
        {{ blank_to_null('message_id') }} as message_id,
        {{ blank_to_null('user_id') }} as user_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,

        ---------- texts
        lower({{ blank_to_null('rating_type') }}) as rating_type,
        lower({{ blank_to_null('feedback_category') }}) as feedback_category,

        ---------- numerics
        rating_value,

        ---------- booleans
        is_public,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('updated_at') }} as updated_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
