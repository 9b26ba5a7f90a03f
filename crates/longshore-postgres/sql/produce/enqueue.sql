-- Columns that no job of a call uses come as empty arrays: unnest fills them with NULL for free.
-- A call of several statements brings the time of its first one ($24).
WITH input AS (
    SELECT n.*, coalesce(n.due_at, coalesce($24::timestamptz, statement_timestamp()) + coalesce(n.delay, 0) * interval '1 microsecond') AS run_at
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::int2[], $6::int4[], $7::text[],
        $8::timestamptz[], $9::int8[], $10::bool[],
        $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::int8[], $17::text[],
        $18::text[], $19::uuid[], $20::uuid[], $21::uuid[], $22::int8[], $25::bool[]
    ) AS n (
        id, queue, tenant, kind, rank, max_attempts, payload,
        due_at, delay, held,
        version, name, context, labels, backoff, timeout_ms, unique_key,
        correlation_id, event_id, parent_id, batch_id, line, completes_siblings
    )
), stored AS (
    INSERT INTO longshore.jobs (
        id, queue, tenant, kind, rank, max_attempts, payload, run_at, version, name, context, labels,
        backoff, timeout_ms, unique_key, correlation_id, event_id, parent_id, batch_id, line,
        completes_siblings, first_state, created_at
    )
    SELECT id, queue, tenant, kind, rank, max_attempts, payload, run_at, version, name, context, labels,
           backoff, timeout_ms, unique_key, correlation_id, event_id, parent_id, batch_id, line,
           completes_siblings, CASE WHEN held THEN 0 WHEN run_at <= coalesce($24, statement_timestamp()) THEN 2 ELSE 1 END,
           coalesce($24, statement_timestamp())
    FROM input
    ON CONFLICT DO NOTHING
    RETURNING id, queue, tenant, kind, rank, max_attempts, run_at, first_state, correlation_id, batch_id
), waiting AS (
    INSERT INTO longshore.queue (
        id, queue, tenant, kind, rank, due_at, attempt, last_attempt, crashes, seq, waiting, flags
    )
    SELECT id, queue, tenant, kind, rank, run_at, 0, max_attempts, 0, 1, first_state,
           $23::int2
           | CASE WHEN batch_id IS NULL THEN 0 ELSE 2 END::int2
           | CASE WHEN correlation_id IS NULL THEN 0 ELSE 4 END::int2
    FROM stored
    WHERE first_state <> 0
)
SELECT array_agg(id) AS ids FROM stored
