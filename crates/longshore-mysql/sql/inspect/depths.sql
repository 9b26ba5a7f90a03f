SELECT queue, available, scheduled, retryable, running, dead, oldest_due_at, sampled_at
FROM longshore_samples
ORDER BY queue
