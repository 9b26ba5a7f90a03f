-- Closes attempts that all have the same number, ended alike and left nothing behind, mostly successes: ?1 ids;
-- ?2 attempt; ?3 now; ?4 state after; ?5 reason. (One number for all takes half the time of a number for each.
-- sqlx binds no parameter whose number stands behind gaps, so those of all statements come first.)
INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, started_at, at,
       worker_id)
SELECT l.id, l.seq, l.attempt, l.waiting, ?4, ?5, l.started_at, ?3, l.worker_id
  FROM json_each(?1) AS x
 CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value) AND l.attempt = ?2;

-- Those that are stale. There hardly ever are any, and the count of the insert above tells.
SELECT x.key AS place, 0 AS cancelled
  FROM json_each(?1) AS x
 WHERE changes() < json_array_length(?1)
   AND NOT EXISTS (SELECT 1 FROM longshore_leases AS l WHERE l.id = unhex(x.value) AND l.attempt = ?2);

-- Nothing is looked at while no key is taken.
DELETE FROM longshore_uniques
 WHERE scope = 0
   AND job_id IN (SELECT l.id
                    FROM (SELECT 1 FROM longshore_uniques LIMIT 1)
                   CROSS JOIN json_each(?1) AS x
                   CROSS JOIN longshore_leases AS l ON l.id = unhex(x.value) AND l.attempt = ?2
                   WHERE l.flags & 1);

DELETE FROM longshore_leases
 WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND attempt = ?2;
