-- Deletes what the jobs ?1 returned.
DELETE FROM longshore_results WHERE job_id IN (SELECT unhex(value) FROM json_each(?1));
