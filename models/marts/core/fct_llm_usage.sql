{{ config(**restated_by('usage_date')) }}
{{ built_after([
    'int_usage_dates_restated', 'int_usage_batches_received', 'int_llm_usage_app_costed',
]) }}

with listed as (

    select * from {{ ref('int_llm_usage_listed') }}
    where {{ is_of_restated_dates('batch_id') }}

),

final as (

    select
        *,
        {{ new_restated_at() }} as restated_at
    from listed

)

select * from final
{{ in_order_of('usage_date') }}
