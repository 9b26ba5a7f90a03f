-- Finds due jobs: ?1 cursors, each [queue, tenant, rank, floor due_at, floor id, quota]; ?2 kinds,
-- each between two line feeds, which no name has; ?3 now; ?4 most in all; ?5 bytes of a large job. SQLite cannot
-- limit a joined sub-select by its outer row, so each cursor has an arm of its own (`claim_lane.sql`); arms are
-- read one after the other until the limit is reached.
-- All of them are one text: as rows of columns 1,000 jobs take 4.6 ms, so 2.6. A large job comes without its
-- payload and what few jobs have, which `claim_large.sql` brings.
WITH found AS (
    {lanes}
    LIMIT ?4
)
SELECT json_group_array(json_array(
           f.cursor, hex(f.id), f.due_at, f.kind, f.attempt, f.last_attempt, f.crashes, f.seq, f.waiting,
           j.created_at, j.max_attempts,
           iif(octet_length(j.payload) + coalesce(octet_length(j.context), 0)
               + coalesce(octet_length(j.labels), 0) < ?5, j.payload, NULL),
           CASE WHEN coalesce(j.context, j.labels, j.backoff, j.timeout_ms, j.event_id, j.batch_id,
                              j.completes_siblings) IS NOT NULL
                 AND octet_length(j.payload) + coalesce(octet_length(j.context), 0)
                     + coalesce(octet_length(j.labels), 0) < ?5
                THEN json_array(j.context, j.labels, j.backoff, j.timeout_ms, hex(j.event_id),
                                hex(j.batch_id), j.line, iif(j.completes_siblings, j.correlation_id, NULL))
                     || ''
           END))
  FROM found AS f
 CROSS JOIN longshore_jobs AS j ON j.id = f.id
