{{ config(materialized=in_place('table')) }}

{% set llm = ['llm_id', 'provider_id'] %}

with aliases as (

    select * from {{ ref('stg_pricing__llm_model_aliases') }}

),

names as (

    select distinct
        {{ llm_id('provider_id', 'model_id') }} as llm_id,
        provider_id,
        {{ compared_name('model_name') }} as compared_name
    from aliases

),

cut as (

    {{ trigrams_of('names', llm) }}

)

select * from cut
