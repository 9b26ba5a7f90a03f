INSERT INTO longshore_leases (
    id, queue, tenant, `rank`, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags,
    worker_id, started_at, lease_until
)
SELECT q.id, q.queue, q.tenant, q.`rank`, q.due_at, q.kind, q.attempt + 1, q.last_attempt, q.crashes, q.seq,
       q.waiting, q.flags, ?, ?, ?
FROM longshore_queue q FORCE INDEX (queue_by_id)
WHERE q.id IN (?)
