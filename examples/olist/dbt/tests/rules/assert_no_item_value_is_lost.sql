-- Price and freight are the same to the cent at the source and in the fact table.
with source_items as (
    select sum(price) as price, sum(freight) as freight from {{ ref('stg_order_items') }}
),

facts as (
    select sum(price) as price, sum(freight) as freight from {{ ref('fact_order_items') }}
)

select facts.price, source_items.price as expected_price
from facts
cross join source_items
where facts.price <> source_items.price or facts.freight <> source_items.freight
