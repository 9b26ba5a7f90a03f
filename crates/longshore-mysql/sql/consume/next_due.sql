-- When the next job of each of these lanes, of these kinds, is due: its first row tells, without a lock.
-- As in a claim the kinds stand in one text; as in a probe the two servers must see that nothing is left
-- to sort.
SELECT (
    SELECT q.due_at
    FROM longshore_queue q FORCE INDEX (PRIMARY)
    WHERE q.queue = n.queue AND q.tenant = n.tenant AND q.`rank` = n.`rank`
      AND INSTR(CAST(? AS BINARY), CONCAT(x'00', q.kind, x'00')) > 0
    ORDER BY /*!80001 q.queue, q.tenant, q.`rank`, */ q.due_at
    LIMIT 1
) AS due_at
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    queue  VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[0]',
    tenant VARCHAR(100) CHARACTER SET utf8mb4 PATH '$[1]',
    `rank` TINYINT PATH '$[2]'
)) AS n
