-- The fence is the match of (id, attempt), which whoever asks compares. What is returned is locked, in the
-- order of the ids, so that nobody waits in a circle.
SELECT l.id, l.attempt, l.flags, l.cancel_requested
FROM longshore_leases l FORCE INDEX (PRIMARY)
WHERE l.id IN (?)
ORDER BY l.id
FOR UPDATE
