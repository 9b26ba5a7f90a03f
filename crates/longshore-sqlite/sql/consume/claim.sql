-- Finds due jobs: ?1 cursors, each [queue, tenant, rank, floor due_at, floor id, quota]; ?2 kinds,
-- each between two line feeds, which no name has; ?3 now; ?4 most in all. SQLite cannot limit a joined sub-select by its outer row, so each cursor has an arm of
-- its own (`claim_lane.sql`); arms are read one after the other until the limit is reached.
WITH found AS (
    {lanes}
    LIMIT ?4
)
SELECT f.cursor, f.id, f.due_at, f.kind, f.attempt, f.last_attempt, f.crashes, f.seq, f.waiting,
       j.created_at, j.max_attempts, j.payload,
       CASE WHEN coalesce(j.context, j.labels, j.backoff, j.timeout_ms, j.event_id, j.batch_id,
                          j.completes_siblings) IS NOT NULL
            THEN json_array(j.context, j.labels, j.backoff, j.timeout_ms, hex(j.event_id), hex(j.batch_id),
                            j.line, iif(j.completes_siblings, j.correlation_id, NULL))
       END AS rest
  FROM found AS f
 CROSS JOIN longshore_jobs AS j ON j.id = f.id
