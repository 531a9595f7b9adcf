-- Invariant: every table of the application holds the rows that the loader counted, batch by batch.
-- Guards the dimensions and the application's prices: a lost file would leave out members unseen.
{{ config(enabled='synapscale' in var('sources')) }}

{% set tables = [
    'agents', 'analytics_events', 'billing_events', 'conversation_llms', 'conversations', 'coupons',
    'invoices', 'llms', 'message_feedbacks', 'messages', 'plans', 'subscriptions', 'tags',
    'tenants', 'usage_logs', 'user_variables', 'users', 'workflow_executions', 'workflows',
    'workspace_members', 'workspaces',
] %}

with manifest as (

    select * from {{ ref('stg_loads__batches') }}
    where source_name = 'synapscale'

),

received as (

    {%- for table in tables %}
    select
        '{{ table }}' as table_name,
        _batch_id as batch_id,
        count(*) as row_count
    from {{ ref('stg_synapscale__' ~ table) }}
    group by _batch_id
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

compared as (

    select
        coalesce(manifest.table_name, received.table_name) || ' '
        || coalesce(manifest.batch_id, received.batch_id) as batch,
        manifest.row_count as counted_rows,
        coalesce(received.row_count, 0) as received_rows
    from manifest
    full outer join received
        on
            manifest.table_name = received.table_name
            and manifest.batch_id = received.batch_id

)

{{ differences(
    'compared', 'batch', {'rows': ('counted_rows', 'received_rows')}, of_accepted=false
) }}
