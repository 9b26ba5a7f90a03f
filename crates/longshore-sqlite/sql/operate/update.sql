-- Changes the job ?1: ?2 its payload, NULL for the one it has; ?3 its labels.
UPDATE longshore_jobs SET payload = coalesce(?2, payload), labels = ?3 WHERE id = ?1;
