-- Where the jobs stand that wait for what was completed. Without a lock: they are locked where they stand.
SELECT q.queue, q.tenant, q.`rank`, q.due_at, q.id
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    tenant         VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    correlation_id VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[1]'
)) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (jobs_by_correlation)
    ON j.correlation_id = n.correlation_id AND j.tenant = n.tenant
STRAIGHT_JOIN longshore_queue q FORCE INDEX (queue_by_id) ON q.id = j.id
