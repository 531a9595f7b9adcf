{% test rows_satisfy(model, expression) %}

-- A row for which the expression is false or unknown breaks the invariant.
select *
from {{ model }}
where not coalesce({{ expression }}, false)

{% endtest %}
