-- The same for jobs that are due at once: available, by the clock of the moment that writes them.
INSERT INTO longshore_jobs (
    id, queue, tenant, kind, `rank`, max_attempts, payload, run_at, first_state, created_at
)
VALUES
(?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6), 2, UTC_TIMESTAMP(6))
