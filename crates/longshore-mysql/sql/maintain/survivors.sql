-- The jobs of a range of ids that must stay: those with a place; those whose last ledger row did not end them
-- before the cut-off; and those without a ledger row. The ledger is read once, in the order of its key; the
-- ids of jobs come from their smallest index.
SELECT id FROM longshore_queue FORCE INDEX (queue_by_id) WHERE id >= ? AND id < ?
UNION
SELECT id FROM longshore_leases FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
UNION
SELECT id FROM longshore_dead FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
UNION
SELECT a.job_id
FROM longshore_attempts a FORCE INDEX (PRIMARY)
WHERE a.job_id >= ? AND a.job_id < ?
GROUP BY a.job_id
HAVING MOD(MAX(2 * a.seq + (a.state_after IN (5, 6, 7) AND a.at < ?)), 2) = 0
UNION
SELECT j.id
FROM longshore_jobs j FORCE INDEX (jobs_by_event)
LEFT JOIN longshore_attempts a FORCE INDEX (PRIMARY) ON a.job_id = j.id
WHERE j.id >= ? AND j.id < ? AND a.job_id IS NULL
LIMIT ?
