-- Where these jobs stand, with everything that decides what an operator may do with them.
SELECT j.id, j.queue, j.tenant, j.rank, j.max_attempts, j.run_at, j.unique_key, statement_timestamp() AS now,
       CASE WHEN l.id IS NOT NULL THEN 3
            WHEN q.due_at <= statement_timestamp() THEN 2
            WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7
            ELSE coalesce(a.state_after, 0) END AS state,
       coalesce(q.waiting, l.waiting) AS waiting,
       coalesce(l.attempt, q.attempt, d.attempt, a.attempt, 0) AS attempt,
       coalesce(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       coalesce(l.crashes, q.crashes, 0) AS crashes,
       coalesce(l.seq, q.seq, d.seq, a.seq + 1, 1) AS seq,
       d.id IS NOT NULL AS dead, coalesce(d.flags, 0)::int2 & 1 = 1 AS gave_up_key
FROM unnest($1::uuid[]) AS n (id)
CROSS JOIN LATERAL (
    SELECT id, queue, tenant, rank, max_attempts, run_at, unique_key FROM longshore.jobs WHERE id = n.id LIMIT 1
) AS j
LEFT JOIN longshore.queue q ON q.id = j.id
LEFT JOIN longshore.leases l ON l.id = j.id
LEFT JOIN longshore.dead d ON d.id = j.id
LEFT JOIN LATERAL (
    SELECT seq, attempt, state_after FROM longshore.attempts WHERE job_id = j.id ORDER BY seq DESC LIMIT 1
) AS a ON true
