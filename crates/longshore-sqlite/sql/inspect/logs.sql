-- What the closed attempts of a job said, newest first: ?1 its id, ?2 only attempts before this one, ?3 most.
SELECT attempt, started_at, at, log
  FROM longshore_attempts
 WHERE job_id = unhex(?1) AND log IS NOT NULL AND started_at IS NOT NULL AND (?2 IS NULL OR attempt < ?2)
 ORDER BY seq DESC
 LIMIT ?3;
