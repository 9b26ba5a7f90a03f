-- Of attempts with one number that all came to the same, if nobody else has the lease and the job holds no key.
-- Leases are locked in the order of the ids, as everywhere.
INSERT INTO longshore_attempts (
    job_id, seq, attempt, state_before, state_after, reason, started_at, at, worker_id
)
SELECT l.id, l.seq, l.attempt, l.waiting, ?, ?, l.started_at, ?, l.worker_id
FROM longshore_leases l FORCE INDEX (PRIMARY)
WHERE l.attempt = ? AND l.flags & 1 = 0 AND l.id IN (?)
ORDER BY l.id
FOR UPDATE
