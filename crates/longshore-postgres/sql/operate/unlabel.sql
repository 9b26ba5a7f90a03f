DELETE FROM longshore.labels WHERE job_id = $1::uuid
