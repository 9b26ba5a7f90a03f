-- The jobs of a week without a ledger row: those that are held since they came, and those that nobody has claimed
-- yet. Each job is looked up, which takes seven seconds for 5,000,000.
SELECT j.id
FROM longshore_jobs PARTITION (catch_all) j FORCE INDEX (jobs_by_event)
LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY) ON a.job_id = j.id
WHERE a.job_id IS NULL
LIMIT ?
