with customers as (
    select zip_code_prefix, count(distinct customer_unique_id) as customers
    from {{ ref('stg_customers') }}
    group by zip_code_prefix
),

sellers as (
    select zip_code_prefix, count(*) as sellers
    from {{ ref('stg_sellers') }}
    group by zip_code_prefix
)

select
    zip_codes.zip_code_prefix,
    {{ title_case('zip_codes.city') }} as city,
    zip_codes.state,
    {{ region_of('zip_codes.state') }} as region,
    zip_codes.latitude,
    zip_codes.longitude,
    zip_codes.points,
    coalesce(customers.customers, 0) as customer_count,
    coalesce(sellers.sellers, 0) as seller_count
from {{ ref('int_zip_codes') }} as zip_codes
left join customers on zip_codes.zip_code_prefix = customers.zip_code_prefix
left join sellers on zip_codes.zip_code_prefix = sellers.zip_code_prefix
