-- A key may outlive its job (a window, for ever); only a live job is an answer.
SELECT u.job_id
FROM longshore_uniques u
WHERE u.tenant = ? AND u.`key` = ?
  AND (u.expires_at IS NULL OR u.expires_at > UTC_TIMESTAMP(6))
  AND (EXISTS (SELECT 1 FROM longshore_queue q WHERE q.id = u.job_id)
       OR EXISTS (SELECT 1 FROM longshore_leases l WHERE l.id = u.job_id)
       OR NOT EXISTS (SELECT 1 FROM longshore_attempts a WHERE a.job_id = u.job_id)
          AND EXISTS (SELECT 1 FROM longshore_jobs j WHERE j.id = u.job_id))
