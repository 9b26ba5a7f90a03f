-- For jobs that took a key and then turned out to be stored before.
DELETE FROM longshore.uniques u
USING unnest($1::text[], $2::text[], $3::uuid[]) AS n (tenant, key, job_id)
WHERE u.tenant = n.tenant AND u.key = n.key AND u.job_id = n.job_id
