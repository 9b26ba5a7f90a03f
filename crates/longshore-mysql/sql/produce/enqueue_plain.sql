-- The same for jobs that have only what every job has: each value that is not sent saves the server 0.1 µs a job.
INSERT INTO longshore_jobs (
    id, queue, tenant, kind, `rank`, max_attempts, run_at, first_state, payload, created_at
)
VALUES
(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
