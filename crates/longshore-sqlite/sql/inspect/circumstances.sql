-- What keeps a job from running: ?1 its id as text, ?2 now.
SELECT j.queue, j.kind,
       CASE WHEN l.id IS NOT NULL THEN 3 WHEN q.due_at <= ?2 THEN 2 WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7 ELSE coalesce(a.state_after, 0) END AS state,
       CASE WHEN l.id IS NOT NULL THEN 4 WHEN a.seq IS NOT NULL THEN a.reason
            WHEN j.first_state = 0 THEN 2 WHEN j.first_state = 1 THEN 1 ELSE 0 END AS reason,
       q.due_at, coalesce(l.attempt, q.attempt, d.attempt, a.attempt, 0) AS attempt,
       coalesce(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       l.lease_until, coalesce(l.cancel_requested, 0) AS cancel_requested, p.paused_since,
       (SELECT count(*)
          FROM (SELECT 1
                  FROM longshore_queue AS o
                 WHERE o.queue = q.queue AND o.due_at <= ?2
                   AND (o.rank < q.rank
                        OR (o.rank = q.rank AND o.tenant = q.tenant AND (o.due_at, o.id) < (q.due_at, q.id)))
                 LIMIT 10000)) AS ahead
  FROM longshore_jobs AS j
  LEFT JOIN longshore_leases AS l ON l.id = j.id
  LEFT JOIN longshore_queue AS q ON q.id = j.id
  LEFT JOIN longshore_dead AS d ON d.id = j.id
  LEFT JOIN longshore_attempts AS a
         ON a.job_id = j.id AND a.seq = (SELECT max(seq) FROM longshore_attempts WHERE job_id = j.id)
  LEFT JOIN longshore_queues AS p ON p.queue = j.queue
 WHERE j.id = unhex(?1);
