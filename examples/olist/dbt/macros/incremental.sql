{#- A digest of the named columns. An incremental model stores it and rewrites only the rows
    whose digest changed, so that a nightly full reload of an unchanged table writes nothing,
    and a changed or late row is found whatever its dates or load times say. -#}
{% macro row_checksum(columns) -%}
    md5(
        concat_ws(
            '|'
            {%- for column in columns %},
            coalesce(cast({{ column }} as {{ dbt.type_string() }}), '~')
            {%- endfor %}
        )
    )
{%- endmacro %}

{#- Condition for an incremental model's last SELECT: rows that are new or changed. -#}
{% macro is_new_or_changed(relation, key) -%}
    not exists (
        select 1
        from {{ this }} as kept
        where
            kept.{{ key }} = {{ relation }}.{{ key }}
            and kept.row_checksum = {{ relation }}.row_checksum
    )
{%- endmacro %}

{#- Post-hook of an incremental model: drop the rows whose key is gone from `relation`. -#}
{% macro delete_vanished(relation, key) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where {{ key }} not in (select {{ key }} from {{ relation }})
    {%- endif -%}
{%- endmacro %}
