-- One lane, in the order of the clustered key: rows are locked one by one until the limit is reached.
-- A sort would lock every candidate. The kinds stand in one text, each between two zero bytes.
SELECT q.id, q.due_at, q.kind, q.attempt, q.last_attempt, q.crashes, q.seq, q.waiting
FROM longshore_queue q FORCE INDEX (PRIMARY)
WHERE q.queue = ? AND q.tenant = ? AND q.`rank` = ?
  AND q.due_at >= ? AND q.due_at <= ? AND (q.due_at > ? OR q.id > ?)
  AND INSTR(CAST(? AS BINARY), CONCAT(x'00', q.kind, x'00')) > 0
ORDER BY q.due_at, q.id
LIMIT ?
FOR UPDATE SKIP LOCKED
