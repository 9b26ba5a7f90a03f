-- Those that still wait there, locked by the key by which a claim locks them. Whoever is being claimed at this
-- moment counts as running and is passed over, so nobody waits for anybody.
SELECT q.id, q.attempt, q.last_attempt, q.crashes, q.seq, q.waiting
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    queue  VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    tenant VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[1]',
    `rank` TINYINT PATH '$[2]',
    due_at DATETIME(6) PATH '$[3]',
    id     CHAR(32) PATH '$[4]'
)) AS n
STRAIGHT_JOIN longshore_queue q FORCE INDEX (PRIMARY)
    ON q.queue = n.queue AND q.tenant = n.tenant AND q.`rank` = n.`rank` AND q.due_at = n.due_at
   AND q.id = UNHEX(n.id)
FOR UPDATE /*!80001 OF q */ SKIP LOCKED
