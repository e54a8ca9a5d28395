select
    product_id,
    category_name,
    category_name_english,
    name_length,
    description_length,
    photo_count,
    weight_g,
    length_cm,
    height_cm,
    width_cm,
    volume_cm3,
    size_class,
    has_full_listing
from {{ ref('int_products_cleaned') }}
