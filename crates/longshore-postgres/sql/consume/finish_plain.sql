-- Attempts that completed and left nothing but their ledger row: most of them. The same as finish.sql for these,
-- with less work: 8 us of the server a job instead of 13 (a thousand at once; the median of three runs in turns).
WITH closed AS (
    DELETE FROM longshore.leases
    WHERE id = ANY ($1::uuid[])
      AND ((id, attempt) IN (SELECT * FROM unnest($1, $2::int4[]))) IS TRUE
    RETURNING id, attempt, seq, waiting, flags, worker_id, started_at
), ledger AS (
    INSERT INTO longshore.attempts (
        job_id, seq, attempt, state_before, state_after, reason, started_at, at, worker_id
    )
    SELECT id, seq, attempt, waiting, 5, $3::int2, started_at, coalesce($4::timestamptz, statement_timestamp()),
           worker_id
    FROM closed
), freed AS (
    DELETE FROM longshore.uniques
    WHERE scope = 0
      AND job_id = ANY (ARRAY (SELECT id FROM closed WHERE flags & 1 = 1))
)
SELECT array_agg(id) AS ids, array_agg(attempt) AS attempts, NULL::bool[] AS cancelled FROM closed
