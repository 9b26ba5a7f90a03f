INSERT INTO longshore_samples (
    queue, available, scheduled, retryable, running, dead, oldest_due_at, sampled_at
)
SELECT n.queue, COALESCE(w.available, 0), COALESCE(w.scheduled, 0), COALESCE(w.retryable, 0),
       COALESCE(r.running, 0), COALESCE(d.dead, 0), w.oldest_due_at, UTC_TIMESTAMP(6)
FROM (SELECT DISTINCT queue FROM longshore_lanes) AS n
LEFT JOIN (
    SELECT queue,
           COUNT(CASE WHEN due_at <= UTC_TIMESTAMP(6) THEN 1 END) AS available,
           COUNT(CASE WHEN due_at > UTC_TIMESTAMP(6) AND waiting <> 4 THEN 1 END) AS scheduled,
           COUNT(CASE WHEN due_at > UTC_TIMESTAMP(6) AND waiting = 4 THEN 1 END) AS retryable,
           MIN(CASE WHEN due_at <= UTC_TIMESTAMP(6) THEN due_at END) AS oldest_due_at
    FROM longshore_queue
    GROUP BY queue
) AS w ON w.queue = n.queue
LEFT JOIN (SELECT queue, COUNT(*) AS running FROM longshore_leases GROUP BY queue) AS r ON r.queue = n.queue
LEFT JOIN (SELECT queue, COUNT(*) AS dead FROM longshore_dead GROUP BY queue) AS d ON d.queue = n.queue
ON DUPLICATE KEY UPDATE
    available = VALUES(available), scheduled = VALUES(scheduled), retryable = VALUES(retryable),
    running = VALUES(running), dead = VALUES(dead), oldest_due_at = VALUES(oldest_due_at),
    sampled_at = VALUES(sampled_at)
