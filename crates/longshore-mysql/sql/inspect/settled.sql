SELECT j.id,
       CASE WHEN l.id IS NOT NULL THEN 3
            WHEN q.due_at <= UTC_TIMESTAMP(6) THEN 2
            WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7
            ELSE COALESCE(a.state_after, 0) END AS state,
       l.progress, r.result, a.error
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
LEFT JOIN longshore_queue q FORCE INDEX (queue_by_id) ON q.id = j.id
LEFT JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = j.id
LEFT JOIN longshore_dead d FORCE INDEX (PRIMARY) ON d.id = j.id
LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY)
       ON a.job_id = j.id AND a.seq = (SELECT MAX(x.seq) FROM longshore_attempts x WHERE x.job_id = j.id)
LEFT JOIN longshore_results r FORCE INDEX (PRIMARY) ON r.job_id = j.id
