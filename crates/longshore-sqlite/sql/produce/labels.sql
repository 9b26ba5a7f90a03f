-- Keeps the labels of the jobs that were stored: ?1 rows, ?2 the row number before the first stored job.
INSERT INTO longshore_labels (job_id, name, value)
SELECT j.id, x.key, CASE x.type WHEN 'text' THEN '"' || x.value || '"' ELSE CAST(x.value AS TEXT) END
  FROM json_each(?1) AS r
 CROSS JOIN longshore_jobs AS j ON j.id = unhex(r.value ->> 1) AND j.rowid > ?2
 CROSS JOIN json_each(r.value ->> 4) AS x
 WHERE r.value ->> 4 IS NOT NULL;
