UPDATE longshore.leases l
SET cancel_requested = true
FROM unnest($1::uuid[]) AS n (id)
WHERE l.id = n.id
RETURNING l.id
