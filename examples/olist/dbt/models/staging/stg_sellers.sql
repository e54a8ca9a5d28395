select
    seller_id,
    seller_zip_code_prefix as zip_code_prefix,
    {{ plain_text('seller_city') }} as city,
    upper(seller_state) as state,
    _keelboat_loaded_at as loaded_at
from {{ source('shop', 'sellers') }}
