{#- As many rows as another relation: nothing was lost or doubled on the way. -#}
{% test same_row_count(model, as_in) %}

select here.row_count, there.row_count as expected
from (select count(*) as row_count from {{ model }}) as here
cross join (select count(*) as row_count from {{ as_in }}) as there
where here.row_count <> there.row_count

{% endtest %}
