{#- Only PostgreSQL has roles here. Each build grants, so that `reader_roles` holds after a full refresh
    too; configs in dbt_project.yml cannot read a var, so the roles are added here. -#}
{% macro postgres__apply_grants(relation, grant_config, should_revoke=True) %}
    {%- set grants = dict(grant_config or {}) -%}
    {%- if "marts" in model.fqn -%}
        {%- set readers = grants.get("select", []) + var("reader_roles") -%}
        {%- do grants.update({"select": readers | unique | list}) -%}
    {%- endif -%}
    {{ default__apply_grants(relation, grants, should_revoke) }}
{% endmacro %}
