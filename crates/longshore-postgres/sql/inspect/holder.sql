-- A key may outlive its job (a window, for ever); only a live job is an answer.
SELECT u.job_id
FROM longshore.uniques u
WHERE u.tenant = $1::text AND u.key = $2::text
  AND (u.expires_at IS NULL OR u.expires_at > statement_timestamp())
  AND (EXISTS (SELECT FROM longshore.queue q WHERE q.id = u.job_id)
       OR EXISTS (SELECT FROM longshore.leases l WHERE l.id = u.job_id)
       OR NOT EXISTS (SELECT FROM longshore.attempts a WHERE a.job_id = u.job_id)
          AND EXISTS (SELECT FROM longshore.jobs j WHERE j.id = u.job_id))
