SELECT n.queue, p.paused_since, s.available, s.scheduled, s.retryable, s.running, s.dead, s.oldest_due_at, s.sampled_at
FROM (
    SELECT queue FROM longshore_lanes
    UNION
    SELECT queue FROM longshore_queues WHERE paused_since IS NOT NULL
) AS n
LEFT JOIN longshore_queues p ON p.queue = n.queue
LEFT JOIN longshore_samples s ON s.queue = n.queue
ORDER BY n.queue
