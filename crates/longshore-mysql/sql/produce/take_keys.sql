-- In the order of the keys, so that two calls with the same keys cannot wait for each other. A key
-- whose window is over changes hands; any other stays as it is, locked until the transaction ends.
INSERT INTO longshore_uniques (tenant, `key`, job_id, scope, expires_at)
SELECT n.tenant, n.`key`, UNHEX(n.job_id), n.scope, n.expires_at
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    tenant     VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    `key`      VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[1]',
    job_id     CHAR(32) PATH '$[2]',
    scope      TINYINT PATH '$[3]',
    expires_at DATETIME(6) PATH '$[4]'
)) AS n
ON DUPLICATE KEY UPDATE
    job_id = IF(longshore_uniques.expires_at <= ?, VALUES(job_id), longshore_uniques.job_id),
    scope = IF(longshore_uniques.expires_at <= ?, VALUES(scope), longshore_uniques.scope),
    expires_at = IF(longshore_uniques.expires_at <= ?, VALUES(expires_at), longshore_uniques.expires_at)
