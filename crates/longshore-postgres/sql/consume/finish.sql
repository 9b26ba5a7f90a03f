-- The fence is the match of (id, attempt): what is not returned was stale and changed nothing.
-- What would wait again (state below 5) is cancelled (state 6, reason 20) where somebody asked to cancel it.
-- Leases are looked up one by one whatever the statistics say: a plain join with the reports was planned as "for
-- each lease all reports" when the leases had been vacuumed while there were none (2,800 jobs/s instead of 40,000).
-- The fence is therefore no join ("IS TRUE" makes it a hash), and reports meet what was closed in a full join,
-- which a planner can only hash or merge (it sees through "l.id IS NOT NULL" and would make an inner one of it).
WITH gone AS (
    DELETE FROM longshore.leases
    WHERE id = ANY ($1::uuid[])
      AND ((id, attempt) IN (SELECT * FROM unnest($1, $2::int4[]))) IS TRUE
    RETURNING id, queue, tenant, rank, kind, attempt, seq, waiting, flags, worker_id, started_at, cancel_requested
), closed AS (
    SELECT l.id, l.queue, l.tenant, l.rank, l.kind, l.attempt, l.seq, l.waiting, l.flags, l.worker_id, l.started_at,
           l.cancel_requested AND r.state_after < 5 AS cancelled,
           CASE WHEN l.cancel_requested AND r.state_after < 5 THEN 6::int2 ELSE r.state_after END AS state_after,
           CASE WHEN l.cancel_requested AND r.state_after < 5 THEN 20::int2 ELSE r.reason END AS reason,
           r.last_attempt, r.crashes, r.error, r.result, r.log,
           coalesce($11::timestamptz, statement_timestamp()) AS at,
           CASE WHEN NOT l.cancel_requested
                THEN coalesce($11, statement_timestamp()) + r.due_in * interval '1 microsecond' END AS due_at
    FROM gone l
    FULL JOIN unnest($1, $2, $3::int2[], $4::int2[], $5::int8[], $6::int4[], $7::int4[], $8::text[], $9::text[],
                     $10::text[])
        AS r (id, attempt, state_after, reason, due_in, last_attempt, crashes, error, result, log)
        ON r.id = l.id AND r.attempt = l.attempt
    WHERE coalesce(l.attempt, 0) > 0
), ledger AS (
    INSERT INTO longshore.attempts (
        job_id, seq, attempt, state_before, state_after, reason, started_at, at, due_at, worker_id, error, log
    )
    SELECT id, seq, attempt, waiting, state_after, reason, started_at, at, due_at, worker_id, error, log
    FROM closed
), again AS (
    INSERT INTO longshore.queue (
        id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags
    )
    SELECT id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq + 1, state_after, flags
    FROM closed
    WHERE state_after IN (1, 2, 4)
), buried AS (
    INSERT INTO longshore.dead (id, at, queue, tenant, kind, rank, attempt, last_attempt, seq, flags)
    SELECT id, at, queue, tenant, kind, rank, attempt, last_attempt, seq + 1, flags
    FROM closed
    WHERE state_after = 7
), kept AS (
    INSERT INTO longshore.results (job_id, result)
    SELECT id, result
    FROM closed
    WHERE state_after = 5 AND result IS NOT NULL
), freed AS (
    DELETE FROM longshore.uniques
    WHERE scope = 0
      AND job_id = ANY (ARRAY (SELECT id FROM closed WHERE state_after IN (5, 6, 7) AND flags & 1 = 1))
)
SELECT array_agg(id) AS ids, array_agg(attempt) AS attempts, array_agg(cancelled) AS cancelled FROM closed
