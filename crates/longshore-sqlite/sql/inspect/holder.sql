-- The job that holds a unique key and is not over: ?1 tenant, ?2 key, ?3 now.
SELECT u.job_id
  FROM longshore_uniques AS u
 WHERE u.tenant = ?1 AND u.key = ?2 AND (u.expires_at IS NULL OR u.expires_at > ?3)
   AND (u.scope = 0
        OR EXISTS (SELECT 1 FROM longshore_queue WHERE id = u.job_id)
        OR EXISTS (SELECT 1 FROM longshore_leases WHERE id = u.job_id)
        OR NOT EXISTS (SELECT 1 FROM longshore_attempts WHERE job_id = u.job_id)
           AND EXISTS (SELECT 1 FROM longshore_jobs WHERE id = u.job_id));
