-- One row; a call repeats it for each of its jobs.
INSERT INTO longshore_queue (
    id, queue, tenant, kind, `rank`, last_attempt, due_at, waiting, flags, attempt, crashes, seq
)
VALUES
(?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 1)
