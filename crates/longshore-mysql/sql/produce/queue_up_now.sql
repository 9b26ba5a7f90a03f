-- The same for jobs that are due at once.
INSERT INTO longshore_queue (
    id, queue, tenant, kind, `rank`, last_attempt, due_at, waiting, flags, attempt, crashes, seq
)
VALUES
(?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), 2, ?, 0, 0, 1)
