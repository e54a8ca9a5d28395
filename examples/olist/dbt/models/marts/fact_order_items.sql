{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_item_key',
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_vanished(ref('int_order_items_enriched'), 'order_item_key') }}"
) }}

{%- set content = [
    'order_id', 'order_item_id', 'product_id', 'seller_id', 'customer_id',
    'customer_unique_id', 'order_status', 'purchased_at', 'shipping_limit_at',
    'is_shipped_in_time', 'price', 'freight', 'category_name_english', 'seller_state',
    'customer_state', 'distance_km', 'is_sale'
] %}

with items as (
    select
        order_item_key,
        order_id,
        order_item_id,
        product_id,
        seller_id,
        customer_id,
        customer_unique_id,
        {{ date_key('purchase_date') }} as purchase_date_key,
        order_status,
        purchased_at,
        shipping_limit_at,
        is_shipped_in_time,
        price,
        freight,
        item_total,
        category_name_english,
        seller_state,
        customer_state,
        is_same_state,
        distance_km,
        is_sale,
        loaded_at,
        {{ row_checksum(content) }} as row_checksum
    from {{ ref('int_order_items_enriched') }}
)

select * from items
{% if is_incremental() -%}
where {{ is_new_or_changed('items', 'order_item_key') }}
{%- endif %}
