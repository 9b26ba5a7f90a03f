-- Leases whose holder went silent, locked: of all jobs, or of the one that is meant ($3). The table is as
-- small as the concurrency.
SELECT l.id, l.queue, l.tenant, l.rank, l.kind, l.attempt, l.last_attempt, l.crashes, l.seq, l.waiting,
       l.cancel_requested, j.max_attempts, j.backoff
FROM longshore.leases l
LEFT JOIN LATERAL (
    SELECT max_attempts, backoff FROM longshore.jobs WHERE id = l.id LIMIT 1
) AS j ON true
WHERE l.lease_until < coalesce($2::timestamptz, statement_timestamp())
  AND ($3::uuid IS NULL OR l.id = $3)
ORDER BY l.lease_until
LIMIT $1::int8
FOR UPDATE OF l SKIP LOCKED
