-- Who has these keys, and whether the window of a key is over.
SELECT n.tenant, n.key, u.job_id, coalesce(u.expires_at <= statement_timestamp(), false) AS expired
FROM unnest($1::text[], $2::text[]) AS n (tenant, key)
CROSS JOIN LATERAL (
    SELECT job_id, expires_at FROM longshore.uniques WHERE tenant = n.tenant AND key = n.key LIMIT 1
) AS u
