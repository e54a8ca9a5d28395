{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_id',
    on_schema_change='sync_all_columns',
    post_hook="{{ delete_vanished(ref('int_orders_lifecycle'), 'order_id') }}"
) }}

{%- set content = [
    'customer_id', 'customer_unique_id', 'order_status', 'lifecycle_stage', 'purchased_at',
    'delivered_at', 'estimated_delivery_at', 'hours_to_approve', 'days_to_carrier',
    'days_in_transit', 'days_to_deliver', 'days_early', 'is_late', 'item_count',
    'seller_count', 'items_value', 'freight_value', 'payment_count', 'paid_value',
    'main_payment_type', 'installments', 'review_score'
] %}

with items as (
    select
        order_id,
        count(*) as item_count,
        count(distinct seller_id) as seller_count,
        sum(price) as items_value,
        sum(freight) as freight_value
    from {{ ref('stg_order_items') }}
    group by order_id
),

payments as (
    select
        order_id,
        count(*) as payment_count,
        sum(amount) as paid_value,
        max(installments) as installments
    from {{ ref('stg_order_payments') }}
    group by order_id
),

main_payment as (
    select order_id, payment_type
    from {{ ref('stg_order_payments') }}
    qualify row_number() over (
        partition by order_id order by amount desc, payment_sequential
    ) = 1
),

joined as (
    select
        orders.order_id,
        orders.customer_id,
        customers.customer_unique_id,
        {{ date_key('orders.purchase_date') }} as purchase_date_key,
        orders.order_status,
        orders.lifecycle_stage,
        orders.purchased_at,
        orders.delivered_at,
        orders.estimated_delivery_at,
        orders.hours_to_approve,
        orders.days_to_carrier,
        orders.days_in_transit,
        orders.days_to_deliver,
        orders.days_early,
        orders.is_delivered,
        orders.is_late,
        orders.is_sale,
        coalesce(items.item_count, 0) as item_count,
        coalesce(items.seller_count, 0) as seller_count,
        cast(coalesce(items.items_value, 0) as decimal(14, 2)) as items_value,
        cast(coalesce(items.freight_value, 0) as decimal(14, 2)) as freight_value,
        cast(
            coalesce(items.items_value + items.freight_value, 0) as decimal(14, 2)
        ) as order_value,
        coalesce(payments.payment_count, 0) as payment_count,
        cast(coalesce(payments.paid_value, 0) as decimal(14, 2)) as paid_value,
        main_payment.payment_type as main_payment_type,
        payments.installments,
        reviews.review_score,
        orders.loaded_at
    from {{ ref('int_orders_lifecycle') }} as orders
    left join {{ ref('int_customers_geocoded') }} as customers
        on orders.customer_id = customers.customer_id
    left join items on orders.order_id = items.order_id
    left join payments on orders.order_id = payments.order_id
    left join main_payment on orders.order_id = main_payment.order_id
    left join {{ ref('int_reviews_cleaned') }} as reviews
        on orders.order_id = reviews.order_id and reviews.is_latest_of_order
),

checked as (
    select joined.*, {{ row_checksum(content) }} as row_checksum
    from joined
)

select * from checked
{% if is_incremental() -%}
where {{ is_new_or_changed('checked', 'order_id') }}
{%- endif %}
