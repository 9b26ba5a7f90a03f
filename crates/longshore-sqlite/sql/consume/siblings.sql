-- Jobs that wait for what was completed: ?1 pairs, each [tenant, correlation id].
SELECT q.id, q.attempt, q.last_attempt, q.crashes, q.seq, q.waiting
  FROM json_each(?1) AS x
 CROSS JOIN longshore_jobs AS j ON j.correlation_id = x.value ->> 1 AND j.tenant = x.value ->> 0
 CROSS JOIN longshore_queue AS q ON q.id = j.id;
