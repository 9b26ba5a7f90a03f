-- Closes attempts that all ended alike and left nothing behind, mostly successes: ?1 fences, each the id's
-- 32 digits and the attempt; ?2 now; ?3 state after; ?4 reason. Taking a text apart is cheaper than a list.
INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, started_at, at,
       worker_id)
SELECT l.id, l.seq, l.attempt, l.waiting, ?3, ?4, l.started_at, ?2, l.worker_id
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l
         ON l.id = unhex(substr(x.value, 1, 32)) AND l.attempt = CAST(substr(x.value, 33) AS INTEGER);

-- Those that are stale. There hardly ever are any, and the count of the insert above tells.
SELECT x.key AS place, 0 AS cancelled
  FROM json_each(?1) AS x
 WHERE changes() < json_array_length(?1)
   AND NOT EXISTS (SELECT 1 FROM longshore_leases AS l
                    WHERE l.id = unhex(substr(x.value, 1, 32))
                      AND l.attempt = CAST(substr(x.value, 33) AS INTEGER));

-- Nothing is looked at while no key is taken.
DELETE FROM longshore_uniques
 WHERE scope = 0
   AND job_id IN (SELECT l.id
                    FROM (SELECT 1 FROM longshore_uniques LIMIT 1)
                   CROSS JOIN json_each(?1) AS x
                   CROSS JOIN longshore_leases AS l
                           ON l.id = unhex(substr(x.value, 1, 32))
                          AND l.attempt = CAST(substr(x.value, 33) AS INTEGER)
                   WHERE l.flags & 1);

DELETE FROM longshore_leases
 WHERE (id, attempt) IN (SELECT unhex(substr(value, 1, 32)), CAST(substr(value, 33) AS INTEGER)
                           FROM json_each(?1));
