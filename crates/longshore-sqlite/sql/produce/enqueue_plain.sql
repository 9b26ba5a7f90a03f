-- Stores new jobs that have nothing for themselves but id and payload: ?1 forms, ?2 rows, each a text of
-- the form's number (6 digits), the id (32) and the payload; ?3 now. Taking a text apart is cheaper than
-- a list. A row whose id exists is passed over.
WITH form AS MATERIALIZED (
    SELECT key AS number, value ->> 0 AS tenant, value ->> 1 AS queue, value ->> 2 AS kind,
           value ->> 3 AS version, value ->> 4 AS rank, coalesce(value ->> 5, ?3 + (value ->> 6)) AS run_at,
           value ->> 7 AS max_attempts, value ->> 8 AS backoff, value ->> 9 AS timeout_ms, value ->> 10 AS held,
           unhex(value ->> 11) AS event_id, unhex(value ->> 12) AS parent_id, value ->> 13 AS context,
           unhex(value ->> 14) AS batch_id
      FROM json_each(?1)
)
INSERT INTO longshore_jobs (id, tenant, queue, kind, version, payload, context, rank, run_at, max_attempts,
       backoff, timeout_ms, event_id, parent_id, batch_id, first_state, created_at)
SELECT unhex(substr(r.value, 7, 32)), f.tenant, f.queue, f.kind, f.version, substr(r.value, 39), f.context,
       f.rank, f.run_at, f.max_attempts, f.backoff, f.timeout_ms, f.event_id, f.parent_id, f.batch_id,
       CASE WHEN f.held THEN 0 WHEN f.run_at <= ?3 THEN 2 ELSE 1 END, ?3
  FROM json_each(?2) AS r
 CROSS JOIN form AS f ON f.number = CAST(substr(r.value, 1, 6) AS INTEGER)
 WHERE true
    ON CONFLICT (id) DO NOTHING;
