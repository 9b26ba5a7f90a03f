SELECT UTC_TIMESTAMP(6) AS now, j.queue, j.tenant, j.`rank`, j.kind,
       CASE WHEN l.id IS NOT NULL THEN 3
            WHEN q.due_at <= UTC_TIMESTAMP(6) THEN 2
            WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7
            ELSE COALESCE(a.state_after, 0) END AS state,
       CASE WHEN l.id IS NOT NULL THEN 4
            WHEN a.seq IS NOT NULL THEN a.reason
            WHEN j.first_state = 0 THEN 2
            WHEN j.first_state = 1 THEN 1
            ELSE 0 END AS reason,
       COALESCE(l.attempt, q.attempt, d.attempt, a.attempt, 0) AS attempt,
       COALESCE(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       q.due_at, l.lease_until, COALESCE(l.cancel_requested, 0) AS cancel_requested, p.paused_since
FROM longshore_jobs j
LEFT JOIN longshore_queue q FORCE INDEX (queue_by_id) ON q.id = j.id
LEFT JOIN longshore_leases l ON l.id = j.id
LEFT JOIN longshore_dead d ON d.id = j.id
LEFT JOIN longshore_queues p ON p.queue = j.queue
LEFT JOIN longshore_attempts a
       ON a.job_id = j.id AND a.seq = (SELECT MAX(x.seq) FROM longshore_attempts x WHERE x.job_id = j.id)
WHERE j.id = ?
