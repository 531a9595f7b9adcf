{{ config(materialized=in_place('table')) }}

with batches as (

    select * from {{ ref('stg_loads__batches') }}

),

full_loads as (

    select
        source_name,
        table_name,
        max(loaded_at) as fully_loaded_at
    from batches
    where load_mode = 'full'
    group by source_name, table_name

)

select * from full_loads
