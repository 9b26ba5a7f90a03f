SELECT j.id, j.tenant, j.queue, j.kind, j.name, j.`rank`, j.max_attempts, j.created_at,
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
       q.due_at, COALESCE(l.started_at, a.started_at) AS started_at,
       COALESCE(l.started_at, a.at, j.created_at) AS changed_at, a.error,
       j.version, j.payload, j.context, j.labels, j.backoff, j.timeout_ms, j.unique_key, j.correlation_id,
       j.completes_siblings, j.event_id, j.parent_id, j.batch_id, j.line,
       COALESCE(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       l.worker_id, l.lease_until, l.progress, r.result
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
LEFT JOIN longshore_queue q FORCE INDEX (queue_by_id) ON q.id = j.id
LEFT JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = j.id
LEFT JOIN longshore_dead d FORCE INDEX (PRIMARY) ON d.id = j.id
LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY)
       ON a.job_id = j.id AND a.seq = (SELECT MAX(x.seq) FROM longshore_attempts x WHERE x.job_id = j.id)
LEFT JOIN longshore_results r FORCE INDEX (PRIMARY) ON r.job_id = j.id
