{#- Spark's own settings may round a decimal product, turn a bad cast into NULL and shift instants by
    the session's zone, all without a word: a run stops where they do. -#}
{% macro check_engine_settings() %}
    {%- if execute and flags.WHICH in ["build", "run", "test", "seed", "snapshot"] -%}
        {%- do adapter.dispatch("check_engine_settings")() -%}
    {%- endif -%}
{% endmacro %}

{% macro default__check_engine_settings() %}{% endmacro %}

{% macro spark__check_engine_settings() %}
    {%- set needed = {
        "spark.sql.decimalOperations.allowPrecisionLoss": (
            ["false"], "false", "a product of decimals would lose digits of a cost"
        ),
        "spark.sql.ansi.enabled": (["true"], "true", "a bad cast would become NULL"),
        "spark.sql.session.timeZone": (
            ["UTC", "Etc/UTC", "GMT", "Z", "+00:00"], "UTC", "instants would be shifted"
        ),
    } -%}
    {%- set problems = [] -%}
    {%- for name, (accepted, value, consequence) in needed.items() -%}
        {%- set found = run_query("set " ~ name).rows[0][1] -%}
        {%- if found not in accepted -%}
            {%- do problems.append(
                name ~ " is " ~ found ~ ", and " ~ consequence ~ ". Write \"set:" ~ name ~ "\": \""
                ~ value ~ "\" under server_side_parameters of the target in profiles.yml; without "
                ~ "`set:` it is ignored."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ exceptions.raise_compiler_error(
            "the Spark session is not set up for this project:\n  - " ~ problems | join("\n  - ")
        ) }}
    {%- endif -%}
{% endmacro %}
