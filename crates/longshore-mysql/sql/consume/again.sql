INSERT INTO longshore_queue (
    id, queue, tenant, `rank`, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags
)
SELECT l.id, l.queue, l.tenant, l.`rank`, n.due_at, l.kind, l.attempt, n.last_attempt, n.crashes, l.seq + 1,
       n.state_after, l.flags
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id           CHAR(32) PATH '$[0]',
    state_after  TINYINT PATH '$[1]',
    due_at       DATETIME(6) PATH '$[3]',
    last_attempt INT PATH '$[4]',
    crashes      INT PATH '$[5]'
)) AS n
STRAIGHT_JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = UNHEX(n.id)
WHERE n.state_after IN (1, 2, 4)
