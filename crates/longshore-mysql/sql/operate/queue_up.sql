INSERT INTO longshore_queue (
    id, queue, tenant, `rank`, due_at, kind, attempt, last_attempt, crashes, seq, waiting, flags
)
SELECT j.id, j.queue, j.tenant, j.`rank`, n.due_at, j.kind, n.attempt, n.last_attempt, n.crashes, n.seq + 1,
       n.state_after,
       IF(EXISTS (SELECT 1 FROM longshore_uniques u WHERE u.job_id = j.id AND u.scope = 0), 1, 0)
       | IF(j.batch_id IS NULL, 0, 2) | IF(j.correlation_id IS NULL, 0, 4)
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id           CHAR(32) PATH '$[0]',
    seq          INT PATH '$[1]',
    attempt      INT PATH '$[2]',
    state_after  TINYINT PATH '$[4]',
    due_at       DATETIME(6) PATH '$[6]',
    last_attempt INT PATH '$[7]',
    crashes      INT PATH '$[8]'
)) AS n
STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = UNHEX(n.id)
WHERE n.state_after IN (1, 2, 4)
