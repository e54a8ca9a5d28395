-- The months of mart_sales_metrics add up to the items of orders that count as sales.
with months as (
    select sum(revenue) as revenue from {{ ref('mart_sales_metrics') }}
),

items as (
    select sum(price) as revenue from {{ ref('fact_order_items') }} where is_sale
)

select months.revenue, items.revenue as expected
from months
cross join items
where coalesce(months.revenue, 0) <> coalesce(items.revenue, 0)
