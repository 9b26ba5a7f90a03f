-- Frees the unique keys of jobs that ended, then ends the leases. Parameters as in `close_ledger.sql`.
DELETE FROM longshore_uniques
 WHERE scope = 0
   AND job_id IN (SELECT l.id
                    FROM json_each(?1) AS x
                   CROSS JOIN longshore_leases AS l
                           ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
                   WHERE EXISTS (SELECT 1 FROM longshore_uniques)
                     AND l.flags & 1 AND x.value ->> 2 >= 5);

DELETE FROM longshore_leases
 WHERE (id, attempt) IN (SELECT unhex(value ->> 0), value ->> 1 FROM json_each(?1));
