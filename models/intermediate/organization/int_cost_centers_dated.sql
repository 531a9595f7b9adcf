with cost_centers as (

    select * from {{ ref('stg_dimensions__cost_centers') }}

),

dated as (

    select
        workspace_id,
        cost_center,
        workspace_environment,
        valid_from,
        valid_to
    from cost_centers

)

select * from dated
