"""What the tests share: throw-away projects, servers, dbt in processes that stay, scenarios."""
