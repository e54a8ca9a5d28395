select
    customer_id,
    customer_unique_id,
    customer_zip_code_prefix as zip_code_prefix,
    {{ plain_text('customer_city') }} as city,
    upper(customer_state) as state,
    _keelboat_loaded_at as loaded_at
from {{ source('shop', 'customers') }}
