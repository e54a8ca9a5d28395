with orders as (
    select
        {{ month_start('purchased_at') }} as month_start,
        order_id,
        customer_unique_id,
        is_sale,
        is_delivered,
        is_late,
        review_score,
        row_number() over (
            partition by customer_unique_id order by purchased_at, order_id
        ) as order_of_customer
    from {{ ref('fact_orders') }}
),

by_order as (
    select
        month_start,
        count(*) as orders,
        sum(case when is_sale then 0 else 1 end) as lost_orders,
        sum(case when is_delivered then 1 else 0 end) as delivered_orders,
        count(distinct customer_unique_id) as customers,
        sum(case when order_of_customer = 1 then 1 else 0 end) as new_customers,
        avg(review_score) as review_score,
        avg(case when is_late then 1 when not is_late then 0 end) as late_share
    from orders
    group by month_start
),

by_item as (
    select
        {{ month_start('purchased_at') }} as month_start,
        count(*) as items,
        count(distinct order_id) as sales,
        sum(price) as revenue,
        sum(freight) as freight
    from {{ ref('fact_order_items') }}
    where is_sale
    group by 1
),

joined as (
    select
        by_order.month_start,
        by_order.orders,
        by_order.lost_orders,
        by_order.delivered_orders,
        by_order.customers,
        by_order.new_customers,
        coalesce(by_item.items, 0) as items,
        cast(coalesce(by_item.revenue, 0) as decimal(16, 2)) as revenue,
        cast(coalesce(by_item.freight, 0) as decimal(16, 2)) as freight,
        cast(by_item.revenue / nullif(by_item.sales, 0) as decimal(14, 2))
            as average_order_value,
        cast(by_order.review_score as decimal(4, 2)) as average_review_score,
        cast(by_order.late_share as decimal(6, 4)) as late_share
    from by_order
    left join by_item on by_order.month_start = by_item.month_start
)

select
    month_start,
    cast(orders as integer) as orders,
    cast(lost_orders as integer) as lost_orders,
    cast(delivered_orders as integer) as delivered_orders,
    cast(customers as integer) as customers,
    cast(new_customers as integer) as new_customers,
    cast(items as integer) as items,
    revenue,
    freight,
    average_order_value,
    average_review_score,
    late_share,
    cast(
        revenue / nullif(lag(revenue) over (order by month_start), 0) - 1 as decimal(14, 4)
    ) as revenue_growth,
    cast(
        sum(revenue) over (order by month_start rows unbounded preceding) as decimal(18, 2)
    ) as revenue_to_date
from joined
