-- Where closed attempts lead that are not plain successes: back to the queue, to the dead letters, to a
-- result. Parameters as in `close_ledger.sql`.
INSERT INTO longshore_queue (id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq,
       waiting, flags)
SELECT l.id, l.queue, l.tenant, l.rank, ?2 + (x.value ->> 7), l.kind, l.attempt, x.value ->> 4, x.value ->> 5,
       x.value ->> 6, x.value ->> 2, l.flags
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
 WHERE x.value ->> 2 IN (1, 2, 4);

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
