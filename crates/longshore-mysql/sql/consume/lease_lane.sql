-- The same for rows of one lane, in a walk from the first to the last: half of what looking each up costs.
-- Nothing is locked on the way. (An index on `id` alone would be looked into for a bare `q.id`.)
INSERT INTO longshore_leases (
    id, queue, tenant, `rank`, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags,
    worker_id, started_at, lease_until
)
SELECT q.id, q.queue, q.tenant, q.`rank`, q.due_at, q.kind, q.attempt + 1, q.last_attempt, q.crashes, q.seq,
       q.waiting, q.flags, ?, ?, ?
FROM longshore_queue q FORCE INDEX (PRIMARY)
WHERE q.queue = ? AND q.tenant = ? AND q.`rank` = ? AND q.due_at >= ? AND q.due_at <= ?
  AND CONCAT(q.id) IN (?)
