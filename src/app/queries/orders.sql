-- name: orders
-- description: Orders placed in a window of days, one row each.
-- partition_on: order_id
-- parameters:
--   since: {type: date, default: 2020-01-01, description: First day}
--   until: {type: date, optional: true, description: "Last day, inclusive"}
--   city: {type: text, optional: true, description: Of this city alone}
SELECT
    order_id, vendor_id, customer_id, city, status, created_at, delivered_at, order_date,
    item_count, total, discount, note
FROM orders
WHERE order_date >= {{since}}
    [[AND order_date <= {{until}}]]
    [[AND city = {{city}}]]
