-- Who has these keys, and whether the window of a key is over.
SELECT u.tenant, u.key, u.job_id, coalesce(u.expires_at <= statement_timestamp(), false) AS expired
FROM unnest($1::text[], $2::text[]) AS n (tenant, key)
JOIN longshore.uniques u ON u.tenant = n.tenant AND u.key = n.key
