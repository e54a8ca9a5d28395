select
    sellers.seller_id,
    sellers.zip_code_prefix,
    sellers.city,
    sellers.state,
    {{ region_of('sellers.state') }} as region,
    zip_codes.latitude,
    zip_codes.longitude,
    zip_codes.zip_code_prefix is not null as is_geocoded,
    sellers.loaded_at
from {{ ref('stg_sellers') }} as sellers
left join {{ ref('int_zip_codes') }} as zip_codes
    on sellers.zip_code_prefix = zip_codes.zip_code_prefix
