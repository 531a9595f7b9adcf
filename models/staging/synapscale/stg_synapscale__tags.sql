with source as (

    {{ raw_table('synapscale', 'tags') }}

),

renamed as (

    select
        ---------- ids
        {{ blank_to_null('id') }} as tag_id,
        {{ blank_to_null('target_id') }} as target_id,
        {{ blank_to_null('tenant_id') }} as tenant_id,
        {{ blank_to_null('created_by_user_id') }} as created_by_user_id,

        ---------- texts
        {{ one_of('target_type', ['conversation', 'message', 'user', 'workspace'], 'unknown') }}
            as target_type,
        {{ blank_to_null('tag_name') }} as tag_name,
        {{ blank_to_null('tag_value') }} as tag_value,
        {{ blank_to_null('tag_category') }} as tag_category,

        ---------- numerics
        confidence_score,

        ---------- booleans
        is_system_tag,
        auto_generated as is_auto_generated,

        ---------- timestamps
        {{ to_utc('created_at') }} as created_at,
        {{ to_utc('_loaded_at') }} as _loaded_at,
        _batch_id
    from source

)

select * from renamed
