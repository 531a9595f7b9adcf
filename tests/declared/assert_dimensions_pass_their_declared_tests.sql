-- Every dimension, and what one says of another.
{{ failing_declared_tests([
    'dim_agents', 'dim_dates', 'dim_llms', 'dim_tenants', 'dim_users', 'dim_workspace_members',
    'dim_workspaces',
]) }}
