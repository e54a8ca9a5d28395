select
    geolocation_zip_code_prefix as zip_code_prefix,
    geolocation_lat as latitude,
    geolocation_lng as longitude,
    {{ plain_text('geolocation_city') }} as city,
    upper(geolocation_state) as state,
    _keelboat_loaded_at as loaded_at
from {{ source('shop', 'geolocation') }}
