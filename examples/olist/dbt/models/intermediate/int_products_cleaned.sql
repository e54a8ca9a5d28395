select
    products.product_id,
    coalesce(products.category_name, 'unknown') as category_name,
    coalesce(
        translations.category_name_english, products.category_name, 'unknown'
    ) as category_name_english,
    products.name_length,
    products.description_length,
    products.photo_count,
    -- The shop writes 0 where nobody weighed.
    nullif(products.weight_g, 0) as weight_g,
    products.length_cm,
    products.height_cm,
    products.width_cm,
    products.length_cm * products.height_cm * products.width_cm as volume_cm3,
    case
        when coalesce(products.weight_g, 0) = 0 then 'unknown'
        when products.weight_g <= 1000 then 'small'
        when products.weight_g <= 5000 then 'medium'
        else 'large'
    end as size_class,
    products.category_name is not null and coalesce(products.photo_count, 0) > 0
        as has_full_listing,
    products.loaded_at
from {{ ref('stg_products') }} as products
left join {{ ref('stg_product_category_translation') }} as translations
    on products.category_name = translations.category_name
