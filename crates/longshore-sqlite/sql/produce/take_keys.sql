-- Takes the unique keys of new jobs: ?1 forms, ?2 rows, ?3 now. A key whose window is over is free. The
-- first of several rows with one key gets it; a job that is stored already takes none.
DELETE FROM longshore_uniques
 WHERE (tenant, key) IN (
           SELECT json_extract(?1, '$[' || (r.value ->> 0) || '][0]'), r.value ->> 6
             FROM json_each(?2) AS r
            WHERE r.value ->> 6 IS NOT NULL)
   AND expires_at <= ?3;

INSERT INTO longshore_uniques (tenant, key, job_id, scope, expires_at)
SELECT json_extract(?1, '$[' || (r.value ->> 0) || '][0]'), r.value ->> 6, unhex(r.value ->> 1), r.value ->> 7,
       ?3 + (r.value ->> 8)
  FROM json_each(?2) AS r
 WHERE r.value ->> 6 IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM longshore_jobs AS j WHERE j.id = unhex(r.value ->> 1))
    ON CONFLICT (tenant, key) DO NOTHING;
