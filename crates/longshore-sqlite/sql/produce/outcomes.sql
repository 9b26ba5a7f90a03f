-- What became of new jobs, in order: ?1 forms, ?2 rows, ?3 the row number before the first stored job.
-- A job that was there before is a duplicate of itself; one whose key is taken, of the key's job.
SELECT coalesce(j.id, u.job_id) AS id, coalesce(j.rowid > ?3, 0) AS is_new
  FROM json_each(?2) AS r
  LEFT JOIN longshore_jobs AS j ON j.id = unhex(r.value ->> 1)
  LEFT JOIN longshore_uniques AS u
         ON u.tenant = json_extract(?1, '$[' || (r.value ->> 0) || '][0]') AND u.key = r.value ->> 6
 ORDER BY r.key;
