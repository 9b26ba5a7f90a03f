-- ctid = ANY (ARRAY (..)) is computed once, so never more rows are deleted than were locked; the rows of
-- each lane come from queue_in_order, and are locked one by one until the limit is reached.
WITH taken AS (
    DELETE FROM longshore.queue
    WHERE ctid = ANY (ARRAY (
        SELECT first.ctid
        FROM unnest($1::text[], $2::text[], $3::int2[], $4::timestamptz[], $5::uuid[], $6::int8[])
            AS c (queue, tenant, rank, floor_due, floor_id, quota)
        CROSS JOIN LATERAL (
            SELECT q.ctid
            FROM longshore.queue q
            WHERE q.queue = c.queue AND q.tenant = c.tenant AND q.rank = c.rank
              AND (q.due_at, q.id) > (c.floor_due, c.floor_id)
              AND q.due_at <= coalesce($11::timestamptz, statement_timestamp())
              AND q.kind = ANY ($7::text[])
            ORDER BY q.due_at, q.id
            LIMIT c.quota
            FOR UPDATE SKIP LOCKED
        ) AS first
        LIMIT $8::int8
    ))
    RETURNING id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags
), leased AS (
    INSERT INTO longshore.leases (
        id, queue, tenant, rank, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags,
        worker_id, started_at, lease_until
    )
    SELECT id, queue, tenant, rank, due_at, kind, attempt + 1, last_attempt, crashes, seq, waiting, flags,
           $9::uuid, coalesce($11, statement_timestamp()),
           coalesce($11, statement_timestamp()) + $10::int8 * interval '1 microsecond'
    FROM taken
)
SELECT t.id, t.queue, t.tenant, t.rank, t.due_at, t.kind, t.attempt + 1 AS attempt, t.last_attempt, t.crashes,
       t.seq, t.waiting, coalesce($11, statement_timestamp()) AS claimed_at,
       j.max_attempts, j.created_at, j.payload, j.context, j.labels, j.backoff, j.timeout_ms,
       j.event_id, j.batch_id, j.line, j.siblings
FROM taken t
CROSS JOIN LATERAL (
    -- The limit keeps this a look-up per id that visits the one partition of the id.
    SELECT max_attempts, created_at, payload, context, labels, backoff, timeout_ms, event_id, batch_id, line,
           CASE WHEN completes_siblings THEN correlation_id END AS siblings
    FROM longshore.jobs
    WHERE id = t.id
    LIMIT 1
) AS j
