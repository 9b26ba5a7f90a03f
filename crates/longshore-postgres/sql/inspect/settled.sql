SELECT j.id,
       CASE WHEN l.id IS NOT NULL THEN 3
            WHEN q.due_at <= statement_timestamp() THEN 2
            WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7
            ELSE coalesce(a.state_after, 0) END AS state,
       l.progress, r.result, a.error
FROM unnest($1::uuid[]) AS n (id)
CROSS JOIN LATERAL (SELECT id FROM longshore.jobs WHERE id = n.id LIMIT 1) AS j
LEFT JOIN longshore.queue q ON q.id = j.id
LEFT JOIN longshore.leases l ON l.id = j.id
LEFT JOIN longshore.dead d ON d.id = j.id
LEFT JOIN LATERAL (
    SELECT state_after, error FROM longshore.attempts WHERE job_id = j.id ORDER BY seq DESC LIMIT 1
) AS a ON true
LEFT JOIN LATERAL (SELECT result FROM longshore.results WHERE job_id = j.id LIMIT 1) AS r ON true
