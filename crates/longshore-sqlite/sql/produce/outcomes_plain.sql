-- Which jobs are new, in order, where none has a key: ?1 ids, ?2 the row number before the first stored job.
SELECT j.id, j.rowid > ?2 AS is_new
  FROM json_each(?1) AS r
 CROSS JOIN longshore_jobs AS j ON j.id = unhex(r.value)
 ORDER BY r.key;
