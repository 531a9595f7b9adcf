-- A fact whose member is missing would leave every report that joins the dimension.
{{ failing_declared_tests(
    ['fct_llm_usage'],
    parents=['int_llm_price_sheets', 'dim_agents', 'dim_dates', 'dim_llms', 'dim_tenants', 'dim_users',
        'dim_workspaces'],
    kinds=['relationships']
) }}
