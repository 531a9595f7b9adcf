{{ config(materialized=in_place('table')) }}

{% set in_order %}
    partition by holder_type, holder_id
    order by updated_at nulls first, _loaded_at, _batch_id, plan_id
{% endset %}

with workspaces as (

    {{ source_rows('synapscale', 'stg_synapscale__workspaces', {
        'workspace_id': 'text',
        'plan_id': 'text',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

tenants as (

    {{ source_rows('synapscale', 'stg_synapscale__tenants', {
        'tenant_id': 'text',
        'plan_id': 'text',
        'updated_at': 'timestamp',
        '_loaded_at': 'timestamp',
        '_batch_id': 'text',
    }) }}

),

plans as (

    select * from {{ ref('int_plans_described') }}

),

versions as (

    select
        'workspace' as holder_type,
        workspace_id as holder_id,
        plan_id,
        updated_at,
        _loaded_at,
        _batch_id
    from workspaces
    where workspace_id is not null
    union all
    select
        'tenant' as holder_type,
        tenant_id as holder_id,
        plan_id,
        updated_at,
        _loaded_at,
        _batch_id
    from tenants
    where tenant_id is not null

),

compared as (

    select
        *,
        row_number() over ({{ in_order }}) as version_number,
        lag(plan_id) over ({{ in_order }}) as plan_id_before
    from versions

),

-- The first plan is taken to have held always; a later one holds from the next UTC day.
changed as (

    select
        holder_type,
        holder_id,
        plan_id,
        version_number,
        case
            when version_number = 1 then cast('1970-01-01' as date)
            else {{ next_day('coalesce(updated_at, _loaded_at)') }}
        end as valid_from
    from compared
    where version_number = 1 or plan_id is distinct from plan_id_before

),

followed as (

    select
        *,
        coalesce(
            min(valid_from) over (
                partition by holder_type, holder_id
                order by version_number
                rows between 1 following and unbounded following
            ),
            cast({{ end_of_time() }} as date)
        ) as valid_to
    from changed

),

held as (

    select
        followed.holder_type,
        followed.holder_id,
        lower(coalesce(plans.plan_slug, plans.plan_name)) as plan,
        followed.valid_from,
        followed.valid_to
    from followed
    left join plans
        on followed.plan_id = plans.plan_id
    where followed.valid_from < followed.valid_to

)

select * from held
