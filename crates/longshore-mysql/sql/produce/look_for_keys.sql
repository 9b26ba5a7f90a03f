-- Who has these keys, without a lock: whoever enqueues a duplicate must not hold up the end of the job
-- that has the key. The primary key decides, when the others are taken.
SELECT n.place, u.job_id
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    place  FOR ORDINALITY,
    tenant VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    `key`  VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[1]'
)) AS n
STRAIGHT_JOIN longshore_uniques u FORCE INDEX (PRIMARY) ON u.tenant = n.tenant AND u.`key` = n.`key`
WHERE u.expires_at IS NULL OR u.expires_at > ?
