-- Deletes the ledger of the jobs ?1.
DELETE FROM longshore_attempts WHERE job_id IN (SELECT unhex(value) FROM json_each(?1));
