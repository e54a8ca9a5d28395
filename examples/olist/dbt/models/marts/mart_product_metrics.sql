with sales as (
    select
        items.product_id,
        count(distinct items.order_id) as orders,
        count(*) as items,
        count(distinct items.seller_id) as sellers,
        sum(items.price) as revenue,
        sum(items.freight) as freight,
        avg(items.price) as average_price,
        min(items.purchased_at) as first_sold_at,
        max(items.purchased_at) as last_sold_at,
        avg(orders.review_score) as review_score,
        avg(case when orders.is_late then 1 when not orders.is_late then 0 end) as late_share
    from {{ ref('fact_order_items') }} as items
    left join {{ ref('fact_orders') }} as orders on items.order_id = orders.order_id
    where items.is_sale
    group by items.product_id
)

select
    products.product_id,
    products.category_name_english,
    products.size_class,
    cast(coalesce(sales.orders, 0) as integer) as orders,
    cast(coalesce(sales.items, 0) as integer) as items,
    cast(coalesce(sales.sellers, 0) as integer) as sellers,
    cast(coalesce(sales.revenue, 0) as decimal(14, 2)) as revenue,
    cast(coalesce(sales.freight, 0) as decimal(14, 2)) as freight,
    cast(sales.average_price as decimal(12, 2)) as average_price,
    case
        when sales.average_price is null then 'never sold'
        when sales.average_price < 50 then 'under 50'
        when sales.average_price < 150 then '50 to 150'
        when sales.average_price < 500 then '150 to 500'
        else '500 and more'
    end as price_band,
    cast(sales.review_score as decimal(4, 2)) as average_review_score,
    cast(sales.late_share as decimal(6, 4)) as late_share,
    sales.first_sold_at,
    sales.last_sold_at,
    row_number() over (order by coalesce(sales.revenue, 0) desc, products.product_id)
        as revenue_rank,
    row_number() over (
        partition by products.category_name_english
        order by coalesce(sales.revenue, 0) desc, products.product_id
    ) as revenue_rank_in_category,
    cast(
        coalesce(sales.revenue, 0) / nullif(
            sum(sales.revenue) over (partition by products.category_name_english), 0
        ) as decimal(9, 6)
    ) as share_of_category
from {{ ref('dim_product') }} as products
left join sales on products.product_id = sales.product_id
