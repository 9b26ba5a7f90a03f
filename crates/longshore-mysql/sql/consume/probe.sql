-- Which of these lanes hold work: the first row of each tells, without a lock. MySQL sees only with all
-- columns of the key that nothing is left to sort, MariaDB only without those that are given.
SELECT n.place
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    place  FOR ORDINALITY,
    queue  VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    tenant VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[1]',
    `rank` TINYINT PATH '$[2]'
)) AS n
WHERE (
    SELECT q.due_at
    FROM longshore_queue q FORCE INDEX (PRIMARY)
    WHERE q.queue = n.queue AND q.tenant = n.tenant AND q.`rank` = n.`rank`
    ORDER BY /*!80001 q.queue, q.tenant, q.`rank`, */ q.due_at
    LIMIT 1
) <= ?
