with orders as (
    select
        order_id,
        customer_id,
        order_status,
        purchased_at,
        approved_at,
        handed_to_carrier_at,
        delivered_at,
        estimated_delivery_at,
        cast(purchased_at as date) as purchase_date,
        order_status = 'delivered' and delivered_at is not null as is_delivered,
        order_status not in ('canceled', 'unavailable') as is_sale,
        loaded_at
    from {{ ref('stg_orders') }}
)

select
    order_id,
    customer_id,
    order_status,
    case
        when not is_sale then 'lost'
        when is_delivered then 'delivered'
        when handed_to_carrier_at is not null then 'in transit'
        when approved_at is not null then 'in preparation'
        else 'awaiting payment'
    end as lifecycle_stage,
    purchased_at,
    purchase_date,
    approved_at,
    handed_to_carrier_at,
    delivered_at,
    estimated_delivery_at,
    {{ hours_between('purchased_at', 'approved_at') }} as hours_to_approve,
    {{ days_between('approved_at', 'handed_to_carrier_at') }} as days_to_carrier,
    {{ days_between('handed_to_carrier_at', 'delivered_at') }} as days_in_transit,
    case when is_delivered then {{ days_between('purchased_at', 'delivered_at') }} end
        as days_to_deliver,
    case when is_delivered then {{ days_between('delivered_at', 'estimated_delivery_at') }} end
        as days_early,
    is_delivered,
    case
        when is_delivered
            then cast(delivered_at as date) > cast(estimated_delivery_at as date)
    end as is_late,
    is_sale,
    loaded_at
from orders
