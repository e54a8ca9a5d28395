select
    order_id,
    payment_sequential,
    payment_type,
    payment_installments as installments,
    payment_value as amount,
    _keelboat_loaded_at as loaded_at
from {{ source('shop', 'order_payments') }}
