-- The partitions that exist, by name.
SELECT c.relname::text AS name
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass('longshore.jobs')
ORDER BY c.relname
