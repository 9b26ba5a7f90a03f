SELECT current_setting('server_version_num')::int4 AS version,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('server_encoding') AS encoding,
       current_setting('default_transaction_read_only') AS read_only,
       pg_is_in_recovery() AS in_recovery,
       clock_timestamp() AS now,
       coalesce((SELECT max(age(backend_xmin)) FROM pg_stat_activity), 0)::int8 AS oldest_xmin_age,
       coalesce((SELECT max(extract(epoch FROM clock_timestamp() - xact_start)) FROM pg_stat_activity
                 WHERE datname = current_database()), 0)::float8 AS oldest_transaction_seconds
