-- Those that still wait where they were seen, locked.
SELECT q.id
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]', seq INT PATH '$[1]', state_before TINYINT PATH '$[3]'
)) AS n
STRAIGHT_JOIN longshore_queue q FORCE INDEX (queue_by_id) ON q.id = UNHEX(n.id) AND q.seq = n.seq
WHERE n.state_before IN (1, 2, 4)
FOR UPDATE /*!80001 OF q */
