-- A delivered order with items has a positive value.
select order_id, item_count, order_value
from {{ ref('fact_orders') }}
where is_delivered and item_count > 0 and order_value <= 0
