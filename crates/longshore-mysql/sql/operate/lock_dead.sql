-- Those that are still dead letters as they were seen, locked.
SELECT d.id
FROM JSON_TABLE(?, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]', seq INT PATH '$[1]', state_before TINYINT PATH '$[3]'
)) AS n
STRAIGHT_JOIN longshore_dead d FORCE INDEX (PRIMARY) ON d.id = UNHEX(n.id) AND d.seq = n.seq
WHERE n.state_before = 7
FOR UPDATE /*!80001 OF d */
