-- The weeks that have partitions, by name, and the catch-all: an estimate of their jobs, and the bytes of
-- jobs, labels, ledger and results together.
SELECT c.relname::text AS name,
       greatest(c.reltuples::int8, pg_stat_get_live_tuples(c.oid), 0) AS rows,
       (pg_total_relation_size(c.oid)
        + coalesce(pg_total_relation_size(to_regclass('longshore.labels_' || substr(c.relname, 6))), 0)
        + coalesce(pg_total_relation_size(to_regclass('longshore.attempts_' || substr(c.relname, 6))), 0)
        + coalesce(pg_total_relation_size(to_regclass('longshore.results_' || substr(c.relname, 6))), 0)
       )::int8 AS bytes
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass('longshore.jobs')
ORDER BY c.relname
