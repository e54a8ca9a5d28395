select
    product_category_name as category_name,
    product_category_name_english as category_name_english,
    _keelboat_loaded_at as loaded_at
from {{ source('shop', 'product_category_name_translation') }}
