SELECT statement_timestamp() AS now, j.queue, j.kind,
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
       coalesce(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       q.due_at, l.lease_until, coalesce(l.cancel_requested, false) AS cancel_requested, p.paused_since,
       (SELECT count(*) FROM (
           SELECT FROM longshore.queue o
           WHERE o.queue = q.queue AND o.due_at <= statement_timestamp()
             AND (o.rank < q.rank
                  OR (o.rank = q.rank AND o.tenant = q.tenant AND (o.due_at, o.id) < (q.due_at, q.id)))
           LIMIT 10000
       ) AS others) AS ahead
FROM longshore.jobs j
LEFT JOIN longshore.queue q ON q.id = j.id
LEFT JOIN longshore.leases l ON l.id = j.id
LEFT JOIN longshore.dead d ON d.id = j.id
LEFT JOIN longshore.queues p ON p.queue = j.queue
LEFT JOIN LATERAL (
    SELECT seq, attempt, state_after, reason
    FROM longshore.attempts WHERE job_id = j.id ORDER BY seq DESC LIMIT 1
) AS a ON true
WHERE j.id = $1::uuid
