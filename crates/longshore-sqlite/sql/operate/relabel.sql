-- Keeps the labels ?2 (JSON, NULL for none) of the job ?1, and no others.
DELETE FROM longshore_labels WHERE job_id = ?1;

INSERT INTO longshore_labels (job_id, name, value)
SELECT ?1, x.key, CASE x.type WHEN 'text' THEN '"' || x.value || '"' ELSE CAST(x.value AS TEXT) END
  FROM json_each(?2) AS x;
