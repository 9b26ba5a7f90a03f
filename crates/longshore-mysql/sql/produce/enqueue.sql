-- What a job rarely has stands in an array of its own, empty where it has nothing of it: each column
-- is searched from the beginning of its row, so the payload comes last.
INSERT INTO longshore_jobs (
    id, queue, tenant, kind, `rank`, max_attempts, run_at, first_state, version, name, context, labels,
    backoff, timeout_ms, unique_key, correlation_id, event_id, parent_id, batch_id, line, payload, created_at
)
SELECT UNHEX(n.id), n.queue, n.tenant, n.kind, n.`rank`, n.max_attempts, n.run_at, n.first_state,
       n.version, n.name, n.context, n.labels, n.backoff, n.timeout_ms, n.unique_key, n.correlation_id,
       UNHEX(n.event_id), UNHEX(n.parent_id), UNHEX(n.batch_id), n.line, n.payload, ?
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id             CHAR(32) PATH '$[0]',
    queue          VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[1]',
    tenant         VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[2]',
    kind           VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[3]',
    `rank`         TINYINT PATH '$[4]',
    max_attempts   INT PATH '$[5]',
    run_at         DATETIME(6) PATH '$[6]',
    first_state    TINYINT PATH '$[7]',
    version        VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[8][0]',
    name           VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[8][1]',
    context        LONGTEXT CHARACTER SET utf8mb4 PATH '$[8][11]',
    labels         LONGTEXT CHARACTER SET utf8mb4 PATH '$[8][2]',
    backoff        VARCHAR(1000) CHARACTER SET utf8mb4 PATH '$[8][3]',
    timeout_ms     BIGINT PATH '$[8][4]',
    unique_key     VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[8][5]',
    correlation_id VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[8][6]',
    event_id       CHAR(32) PATH '$[8][7]',
    parent_id      CHAR(32) PATH '$[8][8]',
    batch_id       CHAR(32) PATH '$[8][9]',
    line           BIGINT PATH '$[8][10]',
    payload        LONGTEXT CHARACTER SET utf8mb4 PATH '$[9]'
)) AS n
