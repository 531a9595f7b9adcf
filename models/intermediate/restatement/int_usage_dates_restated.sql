{{ config(materialized=in_place('table')) }}

with batches as (

    select * from {{ ref('int_usage_batches_received') }}

),

built as (

    {{ dates_as_built() }}

),

all_dates as (

    select
        usage_date,
        restatement_reason
    from batches
    where restatement_reason <> 'new_usage'

),

-- No batch holds the date any more.
emptied as (

    select
        usage_date,
        'removed_batch' as restatement_reason
    from built
    where usage_date not in (
        select batches.usage_date from batches
        where batches.usage_date is not null
    )

),

requested as (

    {{ requested_dates() }}

),

reasons as (

    select * from all_dates
    union all
    select * from emptied
    union all
    select * from requested
    union all
    select * from {{ ref('int_usage_dates_received') }}
    union all
    select * from {{ ref('int_usage_dates_repriced') }}
    union all
    select * from {{ ref('int_usage_dates_reattributed') }}

),

dates as (

    select
        usage_date,
        {{ joined_texts('restatement_reason') }} as restatement_reason
    from reasons
    where usage_date is not null
    group by usage_date

)

select * from dates
