-- Of attempts that all came to the same: most complete, and have nothing more to tell.
INSERT INTO longshore_attempts (
    job_id, seq, attempt, state_before, state_after, reason, started_at, at, worker_id
)
SELECT l.id, l.seq, l.attempt, l.waiting, ?, ?, l.started_at, ?, l.worker_id
FROM longshore_leases l FORCE INDEX (PRIMARY)
WHERE l.id IN (?)
