UPDATE longshore.leases
SET cancel_requested = true
WHERE id = ANY ($1::uuid[])
RETURNING id
