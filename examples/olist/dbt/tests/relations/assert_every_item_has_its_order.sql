-- The enriched items found their order, customer, product and seller.
select order_item_key
from {{ ref('int_order_items_enriched') }}
where
    purchased_at is null
    or customer_unique_id is null
    or category_name is null
    or seller_state is null
