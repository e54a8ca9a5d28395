{#- Schemas are called staging, intermediate, marts and snapshots in every environment: the
    environments differ by database. KEELBOAT_SCHEMA_SUFFIX (set to _test by
    `keelboat run --test-mode`) keeps a trial run apart; the target's own schema has it
    already. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name -%}
        {{ custom_schema_name | trim }}{{ env_var('KEELBOAT_SCHEMA_SUFFIX', '') }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}
