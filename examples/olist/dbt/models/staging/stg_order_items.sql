select
    order_id,
    order_item_id,
    product_id,
    seller_id,
    shipping_limit_date as shipping_limit_at,
    price,
    freight_value as freight,
    _keelboat_loaded_at as loaded_at
from {{ source('shop', 'order_items') }}
