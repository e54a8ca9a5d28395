-- The incremental fact follows deletions at the source.
select fact.order_id
from {{ ref('fact_orders') }} as fact
left join {{ ref('stg_orders') }} as orders on fact.order_id = orders.order_id
where orders.order_id is null
