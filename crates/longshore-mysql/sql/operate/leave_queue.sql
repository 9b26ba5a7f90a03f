DELETE q
FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS n
STRAIGHT_JOIN longshore_queue q FORCE INDEX (queue_by_id) ON q.id = UNHEX(n.id)
