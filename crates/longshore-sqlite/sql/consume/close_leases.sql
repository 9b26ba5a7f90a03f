-- Frees the unique keys of jobs that ended (nothing is looked at while no key is taken), then ends the
-- leases. Parameters as in `close_ledger.sql`.
DELETE FROM longshore_uniques
 WHERE scope = 0
   AND job_id IN (SELECT l.id
                    FROM (SELECT 1 FROM longshore_uniques LIMIT 1)
                   CROSS JOIN json_each(?1) AS x
                   CROSS JOIN longshore_leases AS l
                           ON l.id = unhex(x.value ->> 0) AND l.attempt = x.value ->> 1
                   WHERE l.flags & 1 AND x.value ->> 2 >= 5);

DELETE FROM longshore_leases
 WHERE (id, attempt) IN (SELECT unhex(value ->> 0), value ->> 1 FROM json_each(?1));
