SELECT w.id, w.facts, w.started_at, w.seen_at,
       (SELECT COUNT(*) FROM longshore_leases l WHERE l.worker_id = w.id) AS running
FROM longshore_workers w
WHERE w.seen_at > UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE
ORDER BY w.id
