-- The next jobs of a range of ids, and which of them may go: they have no place, and their last ledger row
-- ended them before the cut-off.
SELECT seen.id,
       COALESCE((SELECT MOD(MAX(2 * a.seq + (a.state_after IN (5, 6, 7) AND a.at < ?)), 2)
                 FROM longshore_attempts a FORCE INDEX (PRIMARY) WHERE a.job_id = seen.id), 0) = 1
       AND NOT EXISTS (SELECT 1 FROM longshore_queue q FORCE INDEX (queue_by_id) WHERE q.id = seen.id)
       AND NOT EXISTS (SELECT 1 FROM longshore_leases l FORCE INDEX (PRIMARY) WHERE l.id = seen.id)
       AND NOT EXISTS (SELECT 1 FROM longshore_dead d FORCE INDEX (PRIMARY) WHERE d.id = seen.id) AS goes
FROM (
    SELECT id FROM longshore_jobs FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ? ORDER BY id LIMIT ?
) AS seen
