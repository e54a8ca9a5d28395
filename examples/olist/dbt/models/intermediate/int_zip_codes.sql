-- A million points become one row per prefix. Means are taken over exact decimals, so that
-- the result does not depend on the order in which threads add up.
with per_city as (
    select
        zip_code_prefix,
        city,
        state,
        count(*) as points,
        sum(cast(latitude as decimal(12, 8))) as latitude_sum,
        sum(cast(longitude as decimal(12, 8))) as longitude_sum
    from {{ ref('stg_geolocation') }}
    -- A few surveyed points lie in other countries.
    where latitude between -34 and 6 and longitude between -74 and -28
    group by zip_code_prefix, city, state
),

per_prefix as (
    select
        zip_code_prefix,
        sum(points) as points,
        sum(latitude_sum) as latitude_sum,
        sum(longitude_sum) as longitude_sum
    from per_city
    group by zip_code_prefix
),

usual_name as (
    select zip_code_prefix, city, state
    from per_city
    qualify row_number() over (
        partition by zip_code_prefix order by points desc, city, state
    ) = 1
)

select
    per_prefix.zip_code_prefix,
    usual_name.city,
    usual_name.state,
    cast(per_prefix.latitude_sum / per_prefix.points as decimal(9, 6)) as latitude,
    cast(per_prefix.longitude_sum / per_prefix.points as decimal(9, 6)) as longitude,
    cast(per_prefix.points as integer) as points
from per_prefix
inner join usual_name on per_prefix.zip_code_prefix = usual_name.zip_code_prefix
