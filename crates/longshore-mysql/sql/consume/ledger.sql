INSERT INTO longshore_attempts (
    job_id, seq, attempt, state_before, state_after, reason, started_at, at, due_at, worker_id, error,
    log
)
SELECT l.id, l.seq, l.attempt, l.waiting, n.state_after, n.reason, l.started_at, ?, n.due_at, l.worker_id, n.error,
       n.log
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id          CHAR(32) PATH '$[0]',
    state_after TINYINT PATH '$[1]',
    reason      TINYINT PATH '$[2]',
    due_at      DATETIME(6) PATH '$[3]',
    error       MEDIUMTEXT CHARACTER SET utf8mb4 PATH '$[6]',
    log         MEDIUMTEXT CHARACTER SET utf8mb4 PATH '$[7]'
)) AS n
STRAIGHT_JOIN longshore_leases l FORCE INDEX (PRIMARY) ON l.id = UNHEX(n.id)
