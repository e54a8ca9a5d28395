with sales as (
    select
        customer_unique_id,
        count(*) as orders,
        sum(item_count) as items,
        sum(order_value) as spent,
        min(purchased_at) as first_purchased_at,
        max(purchased_at) as last_purchased_at,
        avg(review_score) as review_score,
        sum(case when is_late then 1 else 0 end) as late_orders
    from {{ ref('fact_orders') }}
    where is_sale and customer_unique_id is not null
    group by customer_unique_id
),

measured as (
    select
        sales.*,
        {{ dbt.datediff(
            'last_purchased_at', 'max(last_purchased_at) over ()', 'day'
        ) }} as days_since_last
    from sales
),

-- Ties are broken by the key, so that a rerun gives everyone the same scores.
scored as (
    select
        measured.*,
        ntile(5) over (order by days_since_last desc, customer_unique_id) as recency_score,
        ntile(5) over (order by spent, customer_unique_id) as monetary_score
    from measured
),

favourite as (
    select customer_unique_id, category_name_english
    from {{ ref('fact_order_items') }}
    where is_sale
    group by customer_unique_id, category_name_english
    qualify row_number() over (
        partition by customer_unique_id
        order by sum(price) desc, category_name_english
    ) = 1
)

select
    scored.customer_unique_id,
    customers.city,
    customers.state,
    customers.region,
    cast(scored.orders as integer) as orders,
    cast(scored.items as integer) as items,
    cast(scored.spent as decimal(14, 2)) as spent,
    cast(scored.spent / scored.orders as decimal(14, 2)) as average_order_value,
    scored.first_purchased_at,
    scored.last_purchased_at,
    scored.days_since_last,
    cast(scored.review_score as decimal(4, 2)) as average_review_score,
    cast(scored.late_orders as integer) as late_orders,
    favourite.category_name_english as favourite_category,
    scored.recency_score,
    scored.monetary_score,
    case
        when scored.orders >= 3 then 'loyal'
        when scored.orders = 2 then 'returning'
        when scored.recency_score >= 4 and scored.monetary_score >= 4 then 'promising'
        when scored.recency_score >= 4 then 'new'
        when scored.recency_score <= 2 and scored.monetary_score >= 4 then 'big spender at risk'
        when scored.recency_score <= 2 then 'lapsed'
        else 'occasional'
    end as segment
from scored
left join {{ ref('dim_customer') }} as customers
    on scored.customer_unique_id = customers.customer_unique_id
left join favourite on scored.customer_unique_id = favourite.customer_unique_id
