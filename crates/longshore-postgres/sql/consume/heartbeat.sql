-- Leases in the order of their ids, as every other statement locks them.
WITH alive AS (
    INSERT INTO longshore.workers AS w (id, started_at, seen_at, facts)
    VALUES ($1::uuid, statement_timestamp(), coalesce($3::timestamptz, statement_timestamp()), $2::text)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, facts = excluded.facts
)
UPDATE longshore.leases l
SET lease_until = coalesce($3, statement_timestamp()) + $4::int8 * interval '1 microsecond',
    progress = coalesce(n.progress, l.progress)
FROM unnest($5::uuid[], $6::int4[], $7::text[]) AS n (id, attempt, progress)
WHERE l.id = n.id AND l.attempt = n.attempt
RETURNING l.id, l.attempt, l.cancel_requested
