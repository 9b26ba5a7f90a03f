-- Jobs with everything: ?1 ids, ?2 now.
SELECT j.id, j.tenant, j.queue, j.kind, j.name, j.rank, j.max_attempts, j.created_at, j.version, j.payload,
       j.context, j.labels, j.backoff, j.timeout_ms, j.unique_key, j.correlation_id, j.event_id, j.parent_id,
       j.batch_id, j.line, j.completes_siblings,
       CASE WHEN l.id IS NOT NULL THEN 3 WHEN q.due_at <= ?2 THEN 2 WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7 ELSE coalesce(a.state_after, 0) END AS state,
       CASE WHEN l.id IS NOT NULL THEN 4 WHEN a.seq IS NOT NULL THEN a.reason
            WHEN j.first_state = 0 THEN 2 WHEN j.first_state = 1 THEN 1 ELSE 0 END AS reason,
       coalesce(l.attempt, q.attempt, d.attempt, a.attempt, 0) AS attempt,
       coalesce(l.last_attempt, q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       q.due_at, coalesce(l.started_at, a.started_at) AS started_at,
       coalesce(l.started_at, a.at, j.created_at) AS changed_at, a.error,
       l.worker_id, l.lease_until, l.progress, r.result
  FROM json_each(?1) AS x
 CROSS JOIN longshore_jobs AS j ON j.id = unhex(x.value)
  LEFT JOIN longshore_leases AS l ON l.id = j.id
  LEFT JOIN longshore_queue AS q ON q.id = j.id
  LEFT JOIN longshore_dead AS d ON d.id = j.id
  LEFT JOIN longshore_attempts AS a
         ON a.job_id = j.id AND a.seq = (SELECT max(seq) FROM longshore_attempts WHERE job_id = j.id)
  LEFT JOIN longshore_results AS r ON r.job_id = j.id;
