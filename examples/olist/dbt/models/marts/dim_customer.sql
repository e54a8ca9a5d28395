-- One row per person, with the address of their latest order.
with ordered as (
    select
        customers.customer_unique_id,
        customers.customer_id,
        customers.zip_code_prefix,
        customers.city,
        customers.state,
        customers.region,
        customers.latitude,
        customers.longitude,
        customers.is_geocoded,
        orders.purchased_at,
        row_number() over (
            partition by customers.customer_unique_id
            order by orders.purchased_at desc nulls last, customers.customer_id desc
        ) as recency
    from {{ ref('int_customers_geocoded') }} as customers
    left join {{ ref('stg_orders') }} as orders on customers.customer_id = orders.customer_id
),

span as (
    select
        customer_unique_id,
        count(*) as customer_ids,
        min(purchased_at) as first_purchased_at,
        max(purchased_at) as last_purchased_at
    from ordered
    group by customer_unique_id
)

select
    ordered.customer_unique_id,
    ordered.zip_code_prefix,
    {{ title_case('ordered.city') }} as city,
    ordered.state,
    ordered.region,
    ordered.latitude,
    ordered.longitude,
    ordered.is_geocoded,
    span.customer_ids,
    span.first_purchased_at,
    span.last_purchased_at
from ordered
inner join span on ordered.customer_unique_id = span.customer_unique_id
where ordered.recency = 1
