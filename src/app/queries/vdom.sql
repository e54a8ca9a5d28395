-- name: vdom
-- description: Vendors day by day. Days without orders are missing.
-- partition_on: vendor_id
-- parameters:
--   since: {type: date, default: 2020-01-01, description: First day}
--   until: {type: date, optional: true, description: "Last day, inclusive"}
--   vendor_id: {type: integer, optional: true, description: One vendor alone}
SELECT vendor_id, day, city, orders, items, revenue, cancelled_share
FROM vdom
WHERE day >= {{since}}
    [[AND day <= {{until}}]]
    [[AND vendor_id = {{vendor_id}}]]
