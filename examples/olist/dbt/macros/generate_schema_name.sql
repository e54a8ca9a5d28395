{#- Schemas are called staging, intermediate, marts and snapshots in every environment: the
    environments differ by database. KEELBOAT_SCHEMA_SUFFIX (set to _test by
    `keelboat run --test-mode`) keeps a trial run apart. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}{{ env_var('KEELBOAT_SCHEMA_SUFFIX', '') }}
{%- endmacro %}
