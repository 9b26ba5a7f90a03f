-- In the order of the keys, so that two calls with the same keys cannot wait for each other.
INSERT INTO longshore.uniques (tenant, key, job_id, scope, expires_at)
SELECT n.tenant, n.key, n.job_id, n.scope, statement_timestamp() + n.open_for * interval '1 microsecond'
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int2[], $5::int8[]) AS n (tenant, key, job_id, scope, open_for)
ORDER BY n.tenant COLLATE "C", n.key COLLATE "C"
ON CONFLICT (tenant, key) DO NOTHING
RETURNING job_id
