with source as (

    select * from {{ ref('time_zones') }}

),

renamed as (

    select timezone
    from source

)

select * from renamed
