SELECT attempt, started_at, at, log
FROM longshore.attempts
WHERE job_id = $1 AND log IS NOT NULL AND started_at IS NOT NULL AND ($2::int4 IS NULL OR attempt < $2)
ORDER BY seq DESC
LIMIT $3
