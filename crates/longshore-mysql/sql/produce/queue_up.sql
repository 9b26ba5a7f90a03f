INSERT INTO longshore_queue (
    queue, tenant, `rank`, due_at, id, kind, attempt, last_attempt, crashes, seq, waiting, flags
)
SELECT n.queue, n.tenant, n.`rank`, n.due_at, UNHEX(n.id), n.kind, 0, n.last_attempt, 0, 1, n.waiting, n.flags
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id           CHAR(32) PATH '$[0]',
    queue        VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[1]',
    tenant       VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[2]',
    kind         VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[3]',
    `rank`       TINYINT PATH '$[4]',
    last_attempt INT PATH '$[5]',
    due_at       DATETIME(6) PATH '$[6]',
    waiting      TINYINT PATH '$[7]',
    flags        TINYINT PATH '$[8]'
)) AS n
