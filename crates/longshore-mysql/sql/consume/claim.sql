-- One lane, in the order of the clustered key: rows are locked one by one until the limit is reached.
-- A sort would lock every candidate. The kinds stand in one text, each between two zero bytes.
-- The rows of the jobs come along, for half of what a statement of their own costs (MariaDB 10.11). They are locked,
-- too: else they would be read as they were when the statement began, without an update that came in between.
SELECT q.id, q.due_at, q.kind, q.attempt, q.last_attempt, q.crashes, q.seq, q.waiting,
       j.max_attempts, j.created_at, j.payload, j.context, j.labels, j.backoff, j.timeout_ms,
       j.event_id, j.batch_id, j.line, IF(j.completes_siblings, j.correlation_id, NULL)
FROM longshore_queue q FORCE INDEX (PRIMARY)
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = q.id
WHERE q.queue = ? AND q.tenant = ? AND q.`rank` = ?
  AND q.due_at >= ? AND q.due_at <= ? AND (q.due_at > ? OR q.id > ?)
  AND INSTR(CAST(? AS BINARY), CONCAT(x'00', q.kind, x'00')) > 0
ORDER BY q.due_at, q.id
LIMIT ?
FOR UPDATE SKIP LOCKED
