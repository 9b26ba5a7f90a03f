-- The jobs of a week that must stay, of those that have a place or a ledger: those with a place, and those whose
-- last ledger row did not end them before the cut-off. One pass over the ledger in the order of its key, with a
-- look-up for what is unusual: 5,000,000 jobs take a second. (With bounds of ids instead of the partition, two.)
SELECT id FROM longshore_queue FORCE INDEX (queue_by_id) WHERE id >= ? AND id < ?
UNION
SELECT id FROM longshore_leases FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
UNION
SELECT id FROM longshore_dead FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
UNION
SELECT last.job_id
FROM longshore_attempts PARTITION (catch_all) last FORCE INDEX (PRIMARY)
WHERE NOT (last.state_after IN (5, 6, 7) AND last.at < ?)
  AND NOT EXISTS (
      SELECT 1 FROM longshore_attempts a FORCE INDEX (PRIMARY)
      WHERE a.job_id = last.job_id AND a.seq > last.seq
  )
LIMIT ?
