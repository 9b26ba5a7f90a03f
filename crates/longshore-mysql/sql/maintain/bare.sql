-- The jobs of a range of ids without a ledger row: those that are held since they came, and those that nobody
-- has claimed yet. Each job is looked up, which takes seven seconds for five million.
SELECT j.id
FROM longshore_jobs j FORCE INDEX (jobs_by_event)
LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY) ON a.job_id = j.id
WHERE j.id >= ? AND j.id < ? AND a.job_id IS NULL
LIMIT ?
