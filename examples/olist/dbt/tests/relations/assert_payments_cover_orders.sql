-- What was paid is what items and freight cost. The shop's own books are off by more than a
-- real in a few orders of a thousand; more than one in a hundred is an error of ours.
with compared as (
    select
        count(*) as orders,
        sum(case when abs(paid_value - order_value) > 1 then 1 else 0 end) as differing
    from {{ ref('fact_orders') }}
    where item_count > 0 and payment_count > 0
)

select orders, differing
from compared
where differing > orders * 0.01
