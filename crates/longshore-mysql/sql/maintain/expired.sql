-- Leases whose holder went silent. The table is as small as the concurrency; nothing is locked yet.
SELECT l.id
FROM longshore_leases l
WHERE l.lease_until < ?
ORDER BY l.lease_until
LIMIT ?
