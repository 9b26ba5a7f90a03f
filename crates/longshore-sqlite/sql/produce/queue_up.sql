
-- Follows `enqueue.sql` and `enqueue_plain.sql`: what was stored, and where it stands in line.
SELECT changes() AS count, last_insert_rowid() AS last;

-- The new rows are the last ones, without gaps: reading them back is cheaper than the JSON again.
INSERT INTO longshore_queue (id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq,
       waiting, flags)
SELECT j.id, j.queue, j.tenant, j.rank, j.run_at, j.kind, 0, j.max_attempts, 0, 1, j.first_state,
       CASE WHEN j.unique_key IS NOT NULL
             AND EXISTS (SELECT 1 FROM longshore_uniques AS u
                          WHERE u.tenant = j.tenant AND u.key = j.unique_key AND u.job_id = j.id
                            AND u.scope = 0)
            THEN 1 ELSE 0 END
       + CASE WHEN j.batch_id IS NOT NULL THEN 2 ELSE 0 END
       + CASE WHEN j.correlation_id IS NOT NULL THEN 4 ELSE 0 END
  FROM longshore_jobs AS j
 WHERE j.rowid > (SELECT max(rowid) FROM longshore_jobs) - changes()
   AND j.first_state <> 0;

INSERT INTO longshore_lanes (queue, tenant, rank)
SELECT value ->> 1, value ->> 0, value ->> 4
  FROM json_each(?1)
 WHERE true
    ON CONFLICT DO NOTHING;
