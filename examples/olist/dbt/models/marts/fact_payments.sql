select
    md5(
        payments.order_id || '-' || cast(payments.payment_sequential as {{ dbt.type_string() }})
    ) as payment_key,
    payments.order_id,
    orders.customer_unique_id,
    orders.purchase_date_key,
    payments.payment_sequential,
    payments.payment_type,
    payments.installments,
    payments.amount,
    cast(
        payments.amount / nullif(sum(payments.amount) over (partition by payments.order_id), 0)
        as decimal(9, 4)
    ) as share_of_order,
    payments.loaded_at
from {{ ref('stg_order_payments') }} as payments
left join {{ ref('fact_orders') }} as orders on payments.order_id = orders.order_id
