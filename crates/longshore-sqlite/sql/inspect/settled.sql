-- How far jobs have come: ?1 ids, ?2 now.
SELECT j.id,
       CASE WHEN l.id IS NOT NULL THEN 3 WHEN q.due_at <= ?2 THEN 2 WHEN q.id IS NOT NULL THEN q.waiting
            WHEN d.id IS NOT NULL THEN 7 ELSE coalesce(a.state_after, 0) END AS state,
       l.progress, a.error, r.result
  FROM json_each(?1) AS x
 CROSS JOIN longshore_jobs AS j ON j.id = unhex(x.value)
  LEFT JOIN longshore_leases AS l ON l.id = j.id
  LEFT JOIN longshore_queue AS q ON q.id = j.id
  LEFT JOIN longshore_dead AS d ON d.id = j.id
  LEFT JOIN longshore_attempts AS a
         ON a.job_id = j.id AND a.seq = (SELECT max(seq) FROM longshore_attempts WHERE job_id = j.id)
  LEFT JOIN longshore_results AS r ON r.job_id = j.id;
