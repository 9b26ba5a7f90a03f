-- Stores new jobs: ?1 forms, ?2 rows, ?3 now (see `new_rows.rs` for their places). A row whose unique
-- key belongs to another job, or whose id exists, is passed over.
WITH form AS MATERIALIZED (
    SELECT key AS number, value ->> 0 AS tenant, value ->> 1 AS queue, value ->> 2 AS kind,
           value ->> 3 AS version, value ->> 4 AS rank, coalesce(value ->> 5, ?3 + (value ->> 6)) AS run_at,
           value ->> 7 AS max_attempts, value ->> 8 AS backoff, value ->> 9 AS timeout_ms, value ->> 10 AS held,
           unhex(value ->> 11) AS event_id, unhex(value ->> 12) AS parent_id, value ->> 13 AS context,
           unhex(value ->> 14) AS batch_id, value ->> 15 AS completes_siblings
      FROM json_each(?1)
)
INSERT INTO longshore_jobs (id, tenant, queue, kind, version, name, payload, context, labels, rank, run_at,
       max_attempts, backoff, timeout_ms, unique_key, correlation_id, event_id, parent_id, batch_id, line,
       completes_siblings, first_state, created_at)
SELECT unhex(r.value ->> 1), f.tenant, f.queue, f.kind, f.version, r.value ->> 3, r.value ->> 2, f.context,
       r.value ->> 4, f.rank, f.run_at, f.max_attempts, f.backoff, f.timeout_ms, r.value ->> 6, r.value ->> 5,
       f.event_id, f.parent_id, f.batch_id, r.value ->> 9, f.completes_siblings,
       CASE WHEN f.held THEN 0 WHEN f.run_at <= ?3 THEN 2 ELSE 1 END, ?3
  FROM json_each(?2) AS r
 CROSS JOIN form AS f ON f.number = r.value ->> 0
 WHERE r.value ->> 6 IS NULL
    OR unhex(r.value ->> 1) = (SELECT u.job_id
                                 FROM longshore_uniques AS u
                                WHERE u.tenant = f.tenant AND u.key = r.value ->> 6)
    ON CONFLICT (id) DO NOTHING;
