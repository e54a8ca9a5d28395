-- name: vendors
-- description: Vendors with their place, rating and commission.
-- partition_on: vendor_id
-- parameters:
--   active_only: {type: boolean, default: false, description: Leave out vendors that have closed}
SELECT
    vendor_id, name, city, rating, is_active, opened_on, tags, latitude, longitude, commission, uuid
FROM vendors
WHERE is_active OR NOT {{active_only}}
