-- Leases whose holder went silent, locked; the table is as small as the concurrency.
SELECT l.id, l.queue, l.tenant, l.rank, l.attempt, l.last_attempt, l.crashes, l.seq, l.waiting,
       l.cancel_requested, j.max_attempts, j.backoff
FROM longshore.leases l
LEFT JOIN LATERAL (
    SELECT max_attempts, backoff FROM longshore.jobs WHERE id = l.id LIMIT 1
) AS j ON true
WHERE l.lease_until < coalesce($2::timestamptz, statement_timestamp())
ORDER BY l.lease_until
LIMIT $1::int8
FOR UPDATE OF l SKIP LOCKED
