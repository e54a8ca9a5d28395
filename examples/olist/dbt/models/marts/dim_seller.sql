select
    seller_id,
    zip_code_prefix,
    {{ title_case('city') }} as city,
    state,
    region,
    latitude,
    longitude,
    is_geocoded
from {{ ref('int_sellers_geocoded') }}
