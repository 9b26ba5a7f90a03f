-- A standby writes no log of its own. Counts of dead rows are what the statistics say: no table is read.
SELECT CASE WHEN NOT pg_is_in_recovery() THEN (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::int8 END AS log_bytes,
       (SELECT coalesce(sum(pg_stat_get_dead_tuples(c.oid)), 0)::int8
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1::text AND c.relkind = 'r') AS dead_rows
