-- Closes attempts: ?1 closings, each [id, attempt, state after, reason, last_attempt, crashes, next seq,
-- due in, error, result], cut after the reason for plain successes; ?2 now. The fence (id, attempt)
-- guards every statement; the leases go last.
INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, started_at, at,
       due_at, worker_id, error)
SELECT l.id, l.seq, l.attempt, l.waiting, x.value ->> 2, x.value ->> 3, l.started_at, ?2,
       ?2 + (x.value ->> 7), l.worker_id, x.value ->> 8
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1;

-- Those that are stale. There hardly ever are any, and the count of the insert above tells.
SELECT x.key AS place
  FROM json_each(?1) AS x
 WHERE changes() < json_array_length(?1)
   AND NOT EXISTS (SELECT 1 FROM longshore_leases AS l
                    WHERE l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1);
