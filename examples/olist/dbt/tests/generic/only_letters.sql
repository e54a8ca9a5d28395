{#- Every value has `length` characters, all out of `letters`; null passes. -#}
{% test only_letters(model, column_name, letters, length) %}

select {{ column_name }}
from {{ model }}
where
    length({{ column_name }}) <> {{ length }}
    or translate({{ column_name }}, '{{ letters }}', '') <> ''

{% endtest %}
