SELECT w.id, w.facts, w.started_at, w.seen_at,
       (SELECT count(*) FROM longshore.leases l WHERE l.worker_id = w.id) AS running
FROM longshore.workers w
WHERE w.seen_at > statement_timestamp() - interval '1 minute'
ORDER BY w.id
