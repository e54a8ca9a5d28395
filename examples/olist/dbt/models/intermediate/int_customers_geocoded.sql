select
    customers.customer_id,
    customers.customer_unique_id,
    customers.zip_code_prefix,
    customers.city,
    customers.state,
    {{ region_of('customers.state') }} as region,
    zip_codes.latitude,
    zip_codes.longitude,
    zip_codes.zip_code_prefix is not null as is_geocoded,
    customers.loaded_at
from {{ ref('stg_customers') }} as customers
left join {{ ref('int_zip_codes') }} as zip_codes
    on customers.zip_code_prefix = zip_codes.zip_code_prefix
