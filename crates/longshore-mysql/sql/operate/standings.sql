-- Where these jobs stand, with everything that decides what an operator may do with them.
SELECT j.id, j.queue, j.tenant, j.`rank`, j.max_attempts, j.run_at, j.unique_key, UTC_TIMESTAMP(6) AS now,
       CASE WHEN l.id IS NOT NULL THEN 3
            WHEN q.due_at <= UTC_TIMESTAMP(6) THEN 2
            WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7
            ELSE COALESCE(a.state_after, 0) END AS state,
       COALESCE(q.waiting, l.waiting) AS waiting,
       COALESCE(l.attempt, q.attempt, d.attempt, a.attempt, 0) AS attempt,
       COALESCE(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       COALESCE(l.crashes, q.crashes, 0) AS crashes,
       COALESCE(l.seq, q.seq, d.seq, a.seq + 1, 1) AS seq,
       d.id IS NOT NULL AS dead, COALESCE(d.flags, 0) & 1 = 1 AS gave_up_key
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
LEFT JOIN longshore_queue q FORCE INDEX (queue_by_id) ON q.id = j.id
LEFT JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = j.id
LEFT JOIN longshore_dead d FORCE INDEX (PRIMARY) ON d.id = j.id
LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY)
       ON a.job_id = j.id AND a.seq = (SELECT MAX(x.seq) FROM longshore_attempts x WHERE x.job_id = j.id)
