-- One look-up for each key, whatever the statistics say; see finish.sql. (Rows of this table never change.)
DELETE FROM longshore.uniques
WHERE ctid = ANY (ARRAY (
    SELECT u.ctid
    FROM unnest($1::text[], $2::text[]) AS n (tenant, key)
    CROSS JOIN LATERAL (
        SELECT ctid
        FROM longshore.uniques
        WHERE tenant = n.tenant AND key = n.key AND expires_at <= statement_timestamp()
        LIMIT 1
    ) AS u
))
