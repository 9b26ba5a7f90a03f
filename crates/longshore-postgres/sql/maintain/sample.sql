INSERT INTO longshore.samples AS s (
    queue, available, scheduled, retryable, running, dead, oldest_due_at, sampled_at
)
SELECT n.queue, coalesce(w.available, 0), coalesce(w.scheduled, 0), coalesce(w.retryable, 0),
       coalesce(r.running, 0), coalesce(d.dead, 0), w.oldest_due_at, statement_timestamp()
FROM (SELECT DISTINCT queue FROM longshore.lanes) AS n
LEFT JOIN (
    SELECT queue,
           count(*) FILTER (WHERE due_at <= statement_timestamp()) AS available,
           count(*) FILTER (WHERE due_at > statement_timestamp() AND waiting <> 4) AS scheduled,
           count(*) FILTER (WHERE due_at > statement_timestamp() AND waiting = 4) AS retryable,
           min(due_at) FILTER (WHERE due_at <= statement_timestamp()) AS oldest_due_at
    FROM longshore.queue
    GROUP BY queue
) AS w ON w.queue = n.queue
LEFT JOIN (SELECT queue, count(*) AS running FROM longshore.leases GROUP BY queue) AS r ON r.queue = n.queue
LEFT JOIN (SELECT queue, count(*) AS dead FROM longshore.dead GROUP BY queue) AS d ON d.queue = n.queue
ON CONFLICT (queue) DO UPDATE SET
    available = excluded.available, scheduled = excluded.scheduled, retryable = excluded.retryable,
    running = excluded.running, dead = excluded.dead, oldest_due_at = excluded.oldest_due_at,
    sampled_at = excluded.sampled_at
