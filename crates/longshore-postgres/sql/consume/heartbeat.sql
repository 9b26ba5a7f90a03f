-- Leases in the order of their ids, as every other statement locks them; the fence as in finish.sql. Progress that
-- was told since the last time comes as one object by job.
WITH alive AS (
    INSERT INTO longshore.workers AS w (id, started_at, seen_at, facts)
    VALUES ($1::uuid, statement_timestamp(), coalesce($3::timestamptz, statement_timestamp()), $2::text)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, facts = excluded.facts
)
UPDATE longshore.leases
SET lease_until = coalesce($3, statement_timestamp()) + $4::int8 * interval '1 microsecond',
    progress = coalesce((SELECT $7::text::jsonb) ->> id::text, progress)
WHERE id = ANY ($5::uuid[])
  AND ((id, attempt) IN (SELECT * FROM unnest($5, $6::int4[]))) IS TRUE
RETURNING id, attempt, cancel_requested
