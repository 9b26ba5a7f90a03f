INSERT INTO longshore_dead (id, at, queue, tenant, kind, `rank`, attempt, last_attempt, seq, flags)
SELECT l.id, ?, l.queue, l.tenant, l.kind, l.`rank`, l.attempt, n.last_attempt, l.seq + 1, l.flags
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id           CHAR(32) PATH '$[0]',
    state_after  TINYINT PATH '$[1]',
    last_attempt INT PATH '$[4]'
)) AS n
STRAIGHT_JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = UNHEX(n.id)
WHERE n.state_after = 7
