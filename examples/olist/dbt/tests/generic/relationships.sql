{#- Every value exists in another relation. Takes the place of dbt's own test of this name:
    in test mode the tables are samples, whose keys cannot all match, and it only warns. -#}
{% test relationships(model, column_name, to, field) %}
{{ config(severity='warn' if env_var('KEELBOAT_SCHEMA_SUFFIX', '') else 'error') }}

select child.{{ column_name }} as orphan
from {{ model }} as child
left join {{ to }} as parent on child.{{ column_name }} = parent.{{ field }}
where child.{{ column_name }} is not null and parent.{{ field }} is null

{% endtest %}
