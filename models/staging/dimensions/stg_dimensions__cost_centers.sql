with source as (

    select * from {{ ref('cost_centers') }}
    union all
    select * from {{ ref('demo_cost_centers') }}

),

renamed as (

    select
        {{ blank_to_null('workspace_id') }} as workspace_id,
        {{ blank_to_null('cost_center') }} as cost_center,
        {{ blank_to_null('workspace_environment') }} as workspace_environment,
        valid_from,
        coalesce(valid_to, cast({{ end_of_time() }} as date)) as valid_to
    from source

)

select * from renamed
