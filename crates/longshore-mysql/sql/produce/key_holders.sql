-- Who has these keys, now that all of them are taken and locked.
SELECT n.place, u.job_id
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    place  FOR ORDINALITY,
    tenant VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    `key`  VARCHAR(512) CHARACTER SET utf8mb4 PATH '$[1]'
)) AS n
STRAIGHT_JOIN longshore_uniques u FORCE INDEX (PRIMARY) ON u.tenant = n.tenant AND u.`key` = n.`key`
FOR UPDATE /*!80001 OF u */
