-- The payload, NULL for the one that it has; the labels; the job.
UPDATE longshore_jobs SET payload = COALESCE(?, payload), labels = ? WHERE id = ?
