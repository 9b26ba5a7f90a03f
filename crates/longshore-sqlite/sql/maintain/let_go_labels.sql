-- Deletes the labels of the jobs ?1.
DELETE FROM longshore_labels WHERE job_id IN (SELECT unhex(value) FROM json_each(?1));
