-- Workers that showed a sign of life: ?1 since when.
SELECT w.facts, w.started_at, w.seen_at,
       (SELECT count(*) FROM longshore_leases AS l WHERE l.worker_id = w.id) AS running
  FROM longshore_workers AS w
 WHERE w.seen_at >= ?1
 ORDER BY w.id;
