-- Jobs that wait for what was completed, locked. Whoever is being claimed at this moment counts as running
-- and is passed over, so nobody waits for anybody. OFFSET and LIMIT keep these look-ups by index.
SELECT w.id, w.attempt, w.last_attempt, w.crashes, w.seq, w.waiting
FROM unnest($1::text[], $2::text[]) AS n (tenant, correlation_id)
CROSS JOIN LATERAL (
    SELECT id
    FROM longshore.jobs
    WHERE correlation_id = n.correlation_id AND tenant = n.tenant
    OFFSET 0
) AS j
CROSS JOIN LATERAL (
    SELECT id, attempt, last_attempt, crashes, seq, waiting
    FROM longshore.queue
    WHERE id = j.id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS w
