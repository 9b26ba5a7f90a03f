-- Where jobs stand: ?1 ids, ?2 now. Exactly one of the joined tables has a job that is not over; a held
-- one is in none and has no ledger row.
SELECT j.id, j.queue, j.tenant, j.rank, j.run_at, j.max_attempts, j.unique_key,
       l.id IS NOT NULL AS running, q.id IS NOT NULL AS waits, d.id IS NOT NULL AS dead,
       coalesce(q.attempt, d.attempt, 0) AS attempt,
       coalesce(q.last_attempt, d.last_attempt, j.max_attempts) AS last_attempt,
       coalesce(q.crashes, 0) AS crashes, coalesce(q.seq, d.seq, 1) AS seq, q.waiting, q.due_at,
       coalesce(d.flags, 0) AS flags, a.state_after, u.job_id AS holder
  FROM (SELECT DISTINCT unhex(value) AS id FROM json_each(?1)) AS x
 CROSS JOIN longshore_jobs AS j ON j.id = x.id
  LEFT JOIN longshore_leases AS l ON l.id = j.id
  LEFT JOIN longshore_queue AS q ON q.id = j.id
  LEFT JOIN longshore_dead AS d ON d.id = j.id
  LEFT JOIN longshore_attempts AS a
         ON a.job_id = j.id AND a.seq = (SELECT max(seq) FROM longshore_attempts WHERE job_id = j.id)
  LEFT JOIN longshore_uniques AS u
         ON u.tenant = j.tenant AND u.key = j.unique_key AND (u.expires_at IS NULL OR u.expires_at > ?2);
