SELECT j.id, j.max_attempts, j.created_at, j.payload, j.context, j.labels, j.backoff, j.timeout_ms,
       j.event_id, j.batch_id, j.line, IF(j.completes_siblings, j.correlation_id, NULL)
FROM longshore_jobs j FORCE INDEX (PRIMARY)
WHERE j.id IN (?)
