SELECT j.id, j.max_attempts, j.created_at, j.payload, j.context, j.labels, j.backoff, j.timeout_ms,
       j.event_id, j.batch_id, j.line, IF(j.completes_siblings, j.correlation_id, NULL)
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
