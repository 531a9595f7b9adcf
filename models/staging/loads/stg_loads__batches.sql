with source as (

    select * from {{ source('loads', 'load_manifest') }}

),

renamed as (

    select
        batch_id,
        source_name,
        table_name,
        load_mode,
        row_count,
        input_tokens,
        output_tokens,
        content_hash,
        file_name,
        {{ to_utc('loaded_at') }} as loaded_at
    from source

)

select * from renamed
