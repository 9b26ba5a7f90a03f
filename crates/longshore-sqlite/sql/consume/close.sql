-- Closes attempts: ?1 closings, each [id, attempt, state after, reason, last_attempt, crashes, next seq,
-- due in, error, result, log], cut after the reason where the rest is null, and before the log where there
-- is none; ?2 now. The fence (id, attempt) guards every statement; the leases go last. What would wait again
-- (state below 5) is cancelled (state 6, reason 20) where somebody asked to cancel it.
INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, started_at, at,
       due_at, worker_id, error, log)
SELECT l.id, l.seq, l.attempt, l.waiting, iif(l.cancel_requested AND x.value ->> 2 < 5, 6, x.value ->> 2),
       iif(l.cancel_requested AND x.value ->> 2 < 5, 20, x.value ->> 3), l.started_at, ?2,
       iif(l.cancel_requested, NULL, ?2 + (x.value ->> 7)), l.worker_id, x.value ->> 8,
       x.value ->> 10
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1;

-- Those that are stale, and those that are cancelled instead. Leases are looked at only if the count of the
-- insert above tells of stale ones, and for jobs that would wait again.
SELECT x.key AS place, l.id IS NOT NULL AS cancelled
  FROM json_each(?1) AS x
  LEFT JOIN longshore_leases AS l ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
 WHERE (x.value ->> 2 < 5 OR changes() < json_array_length(?1))
   AND (l.id IS NULL OR (l.cancel_requested AND x.value ->> 2 < 5));

-- Back to the queue, to the dead letters, to a result.
INSERT INTO longshore_queue (id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq,
       waiting, flags)
SELECT l.id, l.queue, l.tenant, l.rank, ?2 + (x.value ->> 7), l.kind, l.attempt, x.value ->> 4, x.value ->> 5,
       x.value ->> 6, x.value ->> 2, l.flags
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
 WHERE x.value ->> 2 IN (1, 2, 4) AND NOT l.cancel_requested;

INSERT INTO longshore_dead (id, at, queue, tenant, kind, rank, attempt, last_attempt, seq, flags)
SELECT l.id, ?2, l.queue, l.tenant, l.kind, l.rank, l.attempt, x.value ->> 4, x.value ->> 6, l.flags
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
 WHERE x.value ->> 2 = 7;

INSERT INTO longshore_results (job_id, result)
SELECT l.id, x.value ->> 9
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
 WHERE x.value ->> 2 = 5 AND x.value ->> 9 IS NOT NULL
    ON CONFLICT (job_id) DO UPDATE SET result = excluded.result;

-- Nothing is looked at while no key is taken.
DELETE FROM longshore_uniques
 WHERE scope = 0
   AND job_id IN (SELECT l.id
                    FROM (SELECT 1 FROM longshore_uniques LIMIT 1)
                   CROSS JOIN json_each(?1) AS x
                   CROSS JOIN longshore_leases AS l
                           ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
                   WHERE l.flags & 1 AND (x.value ->> 2 >= 5 OR l.cancel_requested));

DELETE FROM longshore_leases
 WHERE (id, attempt) IN (SELECT unhex(value ->> 0), value ->> 1 FROM json_each(?1));
