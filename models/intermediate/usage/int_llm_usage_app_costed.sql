{{ config(**restated_by('usage_date')) }}
{{ built_after(['int_usage_dates_restated', 'int_usage_batches_received']) }}

with priced as (

    select * from {{ ref('int_llm_usage_app_priced') }}
    where {{ is_of_restated_dates() }}

),

final as (

    select
        usage_key,
        usage_date,
        app_input_price,
        app_output_price,
        app_cost,
        previous_app_cost,
        {{ new_restated_at() }} as restated_at
    from priced

)

select * from final
