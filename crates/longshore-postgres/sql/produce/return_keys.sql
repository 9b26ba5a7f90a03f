-- For jobs that took a key and then turned out to be stored before.
-- One look-up for each key, whatever the statistics say; see finish.sql. (Rows of this table never change.)
DELETE FROM longshore.uniques
WHERE ctid = ANY (ARRAY (
    SELECT u.ctid
    FROM unnest($1::text[], $2::text[], $3::uuid[]) AS n (tenant, key, job_id)
    CROSS JOIN LATERAL (
        SELECT ctid
        FROM longshore.uniques
        WHERE tenant = n.tenant AND key = n.key AND job_id = n.job_id
        LIMIT 1
    ) AS u
))
