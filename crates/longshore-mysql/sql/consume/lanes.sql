-- The lanes of these queues; a row without tenant is a paused queue.
SELECT l.queue, l.tenant, l.`rank`
FROM JSON_TABLE(?, '$[*]' COLUMNS (queue VARCHAR(512) CHARACTER SET utf8mb4 PATH '$')) AS n
STRAIGHT_JOIN longshore_lanes l FORCE INDEX (PRIMARY) ON l.queue = n.queue
UNION ALL
SELECT p.queue, NULL, NULL
FROM JSON_TABLE(?, '$[*]' COLUMNS (queue VARCHAR(512) CHARACTER SET utf8mb4 PATH '$')) AS n
STRAIGHT_JOIN longshore_queues p FORCE INDEX (PRIMARY) ON p.queue = n.queue AND p.paused_since IS NOT NULL
