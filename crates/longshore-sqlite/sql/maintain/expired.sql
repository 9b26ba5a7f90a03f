-- Leases that have expired: ?1 now, ?2 most of them, ?3 the only job that is meant, if it is one. The table is
-- as small as the concurrency.
SELECT l.id, l.queue, l.tenant, l.rank, l.kind, l.attempt, l.last_attempt, l.crashes, l.seq, l.waiting, l.cancel_requested,
       j.max_attempts, j.backoff
  FROM longshore_leases AS l
  LEFT JOIN longshore_jobs AS j ON j.id = l.id
 WHERE l.lease_until < ?1 AND (?3 IS NULL OR l.id = ?3)
 ORDER BY l.lease_until, l.id
 LIMIT ?2;
