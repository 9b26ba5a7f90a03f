-- Deletes those of the jobs ?1 that still may go: without a place, ended before ?2.
DELETE FROM longshore_jobs
 WHERE id IN (SELECT unhex(value) FROM json_each(?1))
   AND NOT EXISTS (SELECT 1 FROM longshore_queue AS q WHERE q.id = longshore_jobs.id)
   AND NOT EXISTS (SELECT 1 FROM longshore_leases AS l WHERE l.id = longshore_jobs.id)
   AND NOT EXISTS (SELECT 1 FROM longshore_dead AS d WHERE d.id = longshore_jobs.id)
   AND (SELECT a.state_after IN (5, 6, 7) AND a.at < ?2 FROM longshore_attempts AS a
         WHERE a.job_id = longshore_jobs.id ORDER BY a.seq DESC LIMIT 1)
RETURNING id;
