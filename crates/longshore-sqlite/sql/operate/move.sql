-- Moves jobs that nobody runs: ?1 moves, each [id, seq, attempt, state before, state after, reason,
-- last_attempt, crashes, next seq, due in, takes its key]; ?2 now.
INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, at, due_at)
SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, ?2,
       ?2 + (value ->> 9)
  FROM json_each(?1);

DELETE FROM longshore_queue WHERE id IN (SELECT unhex(value ->> 0) FROM json_each(?1));

DELETE FROM longshore_dead WHERE id IN (SELECT unhex(value ->> 0) FROM json_each(?1));

DELETE FROM longshore_uniques
 WHERE scope = 0 AND job_id IN (SELECT unhex(value ->> 0) FROM json_each(?1) WHERE value ->> 4 >= 5);

-- Only keys that are free, or whose window is over, are taken again.
INSERT INTO longshore_uniques (tenant, key, job_id, scope)
SELECT j.tenant, j.unique_key, j.id, 0
  FROM json_each(?1) AS x
 CROSS JOIN longshore_jobs AS j ON j.id = unhex(x.value ->> 0)
 WHERE x.value ->> 10
    ON CONFLICT (tenant, key) DO UPDATE SET job_id = excluded.job_id, scope = 0, expires_at = NULL;

INSERT INTO longshore_queue (id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq,
       waiting, flags)
SELECT j.id, j.queue, j.tenant, j.rank, ?2 + (x.value ->> 9), j.kind, x.value ->> 2, x.value ->> 6,
       x.value ->> 7, x.value ->> 8, x.value ->> 4,
       EXISTS (SELECT 1 FROM longshore_uniques AS u WHERE u.job_id = j.id AND u.scope = 0)
       + CASE WHEN j.batch_id IS NOT NULL THEN 2 ELSE 0 END
       + CASE WHEN j.correlation_id IS NOT NULL THEN 4 ELSE 0 END
  FROM json_each(?1) AS x
 CROSS JOIN longshore_jobs AS j ON j.id = unhex(x.value ->> 0)
 WHERE x.value ->> 4 IN (1, 2, 4);
