-- The jobs of a range of ids that wait, run or are dead letters.
SELECT id FROM longshore_queue FORCE INDEX (queue_by_id) WHERE id >= ? AND id < ?
UNION ALL
SELECT id FROM longshore_leases FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
UNION ALL
SELECT id FROM longshore_dead FORCE INDEX (PRIMARY) WHERE id >= ? AND id < ?
LIMIT ?
