-- Moves jobs that nobody runs. A waiting or dead one must still stand at the ledger row where it was
-- seen; of a held one (state 0) only one change can win the first ledger row, and none comes while its own
-- row is locked. What is not returned has moved meanwhile and is looked at again.
WITH wish AS (
    SELECT *
    FROM unnest($1::uuid[], $2::int4[], $3::int4[], $4::int2[], $5::int2[], $6::int2[], $7::timestamptz[], $8::int4[], $9::int4[])
        AS w (id, seq, attempt, state_before, state_after, reason, due_at, last_attempt, crashes)
), left_queue AS (
    DELETE FROM longshore.queue
    WHERE id = ANY ($1)
      AND ((id, seq) IN (SELECT id, seq FROM wish WHERE state_before IN (1, 2, 4))) IS TRUE
    RETURNING id
), left_dead AS (
    DELETE FROM longshore.dead
    WHERE id = ANY ($1)
      AND ((id, seq) IN (SELECT id, seq FROM wish WHERE state_before = 7)) IS TRUE
    RETURNING id
), moved AS (
    SELECT *
    FROM wish
    WHERE (id IN (SELECT id FROM left_queue UNION ALL SELECT id FROM left_dead)) IS TRUE
    UNION ALL
    SELECT w.*
    FROM wish w
    CROSS JOIN LATERAL (SELECT FROM longshore.jobs WHERE id = w.id LIMIT 1 FOR SHARE) AS held
    WHERE w.state_before = 0
), ledger AS (
    INSERT INTO longshore.attempts (job_id, seq, attempt, state_before, state_after, reason, at, due_at)
    SELECT id, seq, attempt, state_before, state_after, reason, statement_timestamp(),
           CASE WHEN state_after IN (1, 2, 4) THEN coalesce(due_at, statement_timestamp()) END
    FROM moved
    ON CONFLICT DO NOTHING
    RETURNING job_id AS id, seq, attempt, state_after, due_at
), again AS (
    INSERT INTO longshore.queue (
        id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags
    )
    SELECT g.id, j.queue, j.tenant, j.rank, g.due_at, j.kind, g.attempt, w.last_attempt, w.crashes, g.seq + 1,
           g.state_after,
           CASE WHEN EXISTS (SELECT FROM longshore.uniques u WHERE u.job_id = g.id AND u.scope = 0) THEN 1 ELSE 0 END
           | CASE WHEN j.batch_id IS NULL THEN 0 ELSE 2 END
           | CASE WHEN j.correlation_id IS NULL THEN 0 ELSE 4 END
    FROM ledger g
    JOIN wish w ON w.id = g.id
    CROSS JOIN LATERAL (
        SELECT queue, tenant, rank, kind, batch_id, correlation_id FROM longshore.jobs WHERE id = g.id LIMIT 1
    ) AS j
    WHERE g.state_after IN (1, 2, 4)
), freed AS (
    DELETE FROM longshore.uniques
    WHERE scope = 0 AND job_id = ANY (ARRAY (SELECT id FROM ledger WHERE state_after IN (5, 6)))
)
SELECT id FROM ledger
