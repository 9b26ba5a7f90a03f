SELECT j.id, j.tenant, j.queue, j.kind, j.name, j.rank, j.max_attempts, j.created_at,
       CASE WHEN l.id IS NOT NULL THEN 3
            WHEN q.due_at <= statement_timestamp() THEN 2
            WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7
            ELSE coalesce(a.state_after, 0) END AS state,
       CASE WHEN l.id IS NOT NULL THEN 4
            WHEN a.seq IS NOT NULL THEN a.reason
            WHEN j.first_state = 0 THEN 2
            WHEN j.first_state = 1 THEN 1
            ELSE 0 END AS reason,
       coalesce(l.attempt, q.attempt, d.attempt, a.attempt, 0) AS attempt,
       q.due_at, coalesce(l.started_at, a.started_at) AS started_at,
       coalesce(l.started_at, a.at, j.created_at) AS changed_at, a.error,
       j.version, j.payload, j.context, j.labels, j.backoff, j.timeout_ms, j.unique_key, j.correlation_id,
       j.completes_siblings, j.event_id, j.parent_id, j.batch_id, j.line,
       coalesce(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       l.worker_id, l.lease_until, l.progress, r.result
FROM unnest($1::uuid[]) AS n (id)
CROSS JOIN LATERAL (SELECT * FROM longshore.jobs WHERE id = n.id LIMIT 1) AS j
LEFT JOIN longshore.queue q ON q.id = j.id
LEFT JOIN longshore.leases l ON l.id = j.id
LEFT JOIN longshore.dead d ON d.id = j.id
LEFT JOIN LATERAL (
    SELECT seq, attempt, state_after, reason, started_at, at, error
    FROM longshore.attempts WHERE job_id = j.id ORDER BY seq DESC LIMIT 1
) AS a ON true
LEFT JOIN LATERAL (SELECT result FROM longshore.results WHERE job_id = j.id LIMIT 1) AS r ON true
