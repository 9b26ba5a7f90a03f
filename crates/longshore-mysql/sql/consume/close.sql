-- The last condition is always true: see `take`.
DELETE l
FROM longshore_leases l FORCE INDEX (PRIMARY)
WHERE l.id IN (?) AND l.attempt > 0
