-- Only of jobs that were stored by this call: $1 job, $2 name, $3 value of each label.
INSERT INTO longshore.labels (job_id, name, value)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
