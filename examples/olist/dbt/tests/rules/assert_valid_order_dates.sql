-- Nothing is approved, posted or delivered before it was bought.
-- (Posted before approved does happen: the shop books some approvals late.)
select order_id, purchased_at, approved_at, handed_to_carrier_at, delivered_at
from {{ ref('stg_orders') }}
where
    approved_at < purchased_at
    or delivered_at < purchased_at
