select
    md5(items.order_id || '-' || cast(items.order_item_id as {{ dbt.type_string() }}))
        as order_item_key,
    items.order_id,
    items.order_item_id,
    items.product_id,
    items.seller_id,
    orders.customer_id,
    customers.customer_unique_id,
    orders.order_status,
    orders.purchased_at,
    orders.purchase_date,
    items.shipping_limit_at,
    orders.handed_to_carrier_at <= items.shipping_limit_at as is_shipped_in_time,
    items.price,
    items.freight,
    items.price + items.freight as item_total,
    products.category_name,
    products.category_name_english,
    sellers.state as seller_state,
    customers.state as customer_state,
    sellers.state = customers.state as is_same_state,
    {{ kilometres_between(
        'sellers.latitude', 'sellers.longitude', 'customers.latitude', 'customers.longitude'
    ) }} as distance_km,
    coalesce(orders.is_sale, false) as is_sale,
    items.loaded_at
from {{ ref('stg_order_items') }} as items
left join {{ ref('int_orders_lifecycle') }} as orders on items.order_id = orders.order_id
left join {{ ref('int_customers_geocoded') }} as customers
    on orders.customer_id = customers.customer_id
left join {{ ref('int_sellers_geocoded') }} as sellers on items.seller_id = sellers.seller_id
left join {{ ref('int_products_cleaned') }} as products
    on items.product_id = products.product_id
