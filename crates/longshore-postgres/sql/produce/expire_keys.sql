DELETE FROM longshore.uniques u
USING unnest($1::text[], $2::text[]) AS n (tenant, key)
WHERE u.tenant = n.tenant AND u.key = n.key AND u.expires_at <= statement_timestamp()
