SELECT attempt, started_at, at, log
FROM longshore_attempts FORCE INDEX (PRIMARY)
WHERE job_id = ? AND log IS NOT NULL AND started_at IS NOT NULL AND attempt < ?
ORDER BY seq DESC
LIMIT ?
