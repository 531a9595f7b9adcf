with batches as (

    select * from {{ ref('stg_loads__batches') }}

)

select * from batches
